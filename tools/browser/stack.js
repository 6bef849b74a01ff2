// The processes behind the pages: Redis, local-org, web and worker on free ports of this machine. They are those that
// cargo has built, and end with this process.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_LIMIT = 60_000;

/** For this stack only. */
export const USERNAME = 'admin';
export const PASSWORD = 'correct horse battery';

/** A port that nobody listens on now. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A process whose output is kept for messages. */
class Process {
  #child;
  #output = '';
  #ended;

  constructor(name, command, args, env = {}) {
    this.name = name;
    const { PATH, HOME } = process.env;
    this.#child = spawn(command, args, { env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', resolve);
      this.#child.once('error', (error) => {
        this.#output += String(error);
        resolve();
      });
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (data) => (this.#output += data));
    }
  }

  /** The match of a pattern in what it prints. */
  async prints(pattern) {
    const end = Date.now() + READY_LIMIT;
    let running = true;
    this.#ended.then(() => (running = false));
    while (Date.now() < end) {
      const match = pattern.exec(this.#output);
      if (match) return match;
      if (!running) break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`${this.name} did not print ${pattern}:\n${this.#output.slice(-2000)}`);
  }

  async stop() {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** Everything that the pages need. */
export class Stack {
  #processes = [];
  #folder = mkdtempSync(join(tmpdir(), 'pages-'));

  /**
   * @param {object} options
   * @param {string} options.binaries folder with the built binaries
   * @param {string[]} options.connections names of the connections that the pages show
   */
  static async start(options) {
    const stack = new Stack();
    try {
      await stack.#start(options);
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /**
   * local-org alone, whose console is then what visitors see.
   * @param {object} options
   * @param {string} options.binaries folder with the built binaries
   */
  static async startOrg({ binaries }) {
    const stack = new Stack();
    try {
      await stack.#startOrg(binaries);
      stack.url = stack.orgUrl;
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  async #startOrg(binaries) {
    const salesforce = join(ROOT, 'salesforce');
    const org = this.#add('local-org', join(binaries, 'local-org'), ['--port', '0', '--salesforce-dir', salesforce]);
    [, this.orgUrl] = await org.prints(/listening on (http:\/\/[\w.:]+)/);
  }

  async #start({ binaries, connections }) {
    const redisPort = await freePort();
    const redis = ['--port', redisPort, '--bind', '127.0.0.1', '--save', '', '--dir', this.#folder];
    await this.#add('redis', 'redis-server', redis.map(String)).prints(/Ready to accept connections/);
    await this.#startOrg(binaries);
    const shared = {
      REDIS_URL: `redis://127.0.0.1:${redisPort}/0`,
      JOB_SECRET_KEY: randomBytes(32).toString('hex'),
      ALLOWED_ORG_HOSTS: new URL(this.orgUrl).host,
      // local-org's own defaults.
      HEROKU_APPLINK_API_URL: `${this.orgUrl}/addons/01234567-89ab-4cde-8f01-23456789abcd`,
      HEROKU_APPLINK_TOKEN: 'local-addon-token',
      HEROKU_APP_ID: '00000000-0000-4000-8000-000000000001',
    };
    const web = this.#add('api-access-web', join(binaries, 'api-access-web'), [], {
      ...shared,
      PORT: String(await freePort()),
      BIND_ADDRESS: '127.0.0.1',
      CONNECTION_NAMES: connections.join(','),
      ORG_DEADLINE_MILLISECONDS: '5000',
      APP_USERNAME: USERNAME,
      APP_PASSWORD: PASSWORD,
    });
    const worker = this.#add('api-access-worker', join(binaries, 'api-access-worker'), [], {
      ...shared,
      WORKER_NAME: 'worker.1',
      WORKER_CONCURRENCY: '2',
    });
    [, this.url] = await web.prints(/listening on (http:\/\/[\w.:]+)/);
    await worker.prints(/worker ready/);
  }

  #add(...args) {
    const started = new Process(...args);
    this.#processes.push(started);
    return started;
  }

  /** A call of local-org's control API. */
  async org(method, path, body) {
    const answer = await fetch(`${this.orgUrl}/local${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`local-org answered ${answer.status} to ${method} ${path}: ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  }

  /** A call of an org's own REST API, as its administrator. */
  async rest(org, method, path, body, type = 'application/json') {
    this.tokens ??= new Map((await this.org('GET', '/orgs')).map(({ name, users }) => [name, users[0].accessToken]));
    const answer = await fetch(`${this.orgUrl}/services/data/v62.0${path}`, {
      method,
      headers: { authorization: `Bearer ${this.tokens.get(org)}`, 'content-type': type },
      body: typeof body === 'object' ? JSON.stringify(body) : body,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${org} answered ${answer.status} to ${method} ${path}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  /** Accounts of an org for which a condition holds. */
  async accounts(org, condition = 'Id != null') {
    const query = new URLSearchParams({ q: `SELECT Name FROM Account WHERE ${condition} ORDER BY Id` });
    return (await this.org('GET', `/orgs/${org}/query?${query}`)).records;
  }

  /** What each row read or written costs, in microseconds: a load that can be watched. */
  async slowness(row_us) {
    await this.org('PUT', '/costs', { callMs: 0, rowUs: row_us });
  }

  /** Refuses Accounts with the name of another one, or no longer. */
  async refuseDuplicates(org, refused) {
    const duplicateRules = refused ? [{ object: 'Account', field: 'Name' }] : [];
    await this.org('PUT', `/orgs/${org}/settings`, { duplicateRules });
  }

  async stop() {
    for (const started of this.#processes.reverse()) await started.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
