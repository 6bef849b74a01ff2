// Each process of docker-compose.yml gets every variable that it requires: it is started with them and comes as far as
// looking for Redis. Which variables are required only the process itself knows.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** How a process ends whose settings are wrong (EX_USAGE of sysexits.h). */
const WRONG_SETTINGS = 64;
/** Nobody listens there, so no process gets further. */
const NO_REDIS = 'redis://127.0.0.1:1';
/** Milliseconds for the first word of a process, and for its end when that word is a complaint. */
const PATIENCE = 60_000;
const LAST_WORDS = 1_000;

/**
 * @param {{compose: object, folder: string}} what `compose` is the resolved file, `folder` has the binaries
 * @returns {Promise<string[]>} problems
 */
export async function checkStarts({ compose, folder }) {
  // local-org takes its settings from the command line, and would serve.
  const services = Object.entries(compose.services ?? {}).filter(
    ([, service]) => service.build && service.command?.[0] !== 'local-org',
  );
  const problems = await Promise.all(services.map(([name, service]) => start(name, service, folder)));
  return problems.flat();
}

async function start(name, service, folder) {
  const [binary, ...args] = service.command;
  const env = { ...service.environment, REDIS_URL: NO_REDIS };
  if ('PORT' in env) env.PORT = String(await freePort());
  const child = spawn(join(folder, binary), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = new Promise((resolve) => {
    // 'close', not 'exit': its last words may come after its end.
    child.on('close', resolve);
    child.on('error', (error) => resolve(error.message));
  });
  const spoke = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data;
        resolve();
      });
    }
  });
  await Promise.race([ended, spoke, later(PATIENCE)]);
  const status = await Promise.race([ended, later(LAST_WORDS)]);
  child.kill('SIGKILL');
  if (status === WRONG_SETTINGS || typeof status === 'string' || output === '') {
    return [`docker-compose.yml: ${name}: ${binary} does not start: ${output.trim() || status || 'it says nothing'}`];
  }
  return [];
}

function later(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
