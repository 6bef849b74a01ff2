// What docker-compose.yml says of one service, for who starts it without Docker: node compose-service.js FILE SERVICE [FROM=TO…]
// Prints the variables as NAME=VALUE and then the words of the command, each ended by a zero byte, with an empty one between
// them. Variables of the environment stand for themselves or their default as `docker compose config` would have it. FROM=TO
// puts an address in place of another.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';

/** `${NAME:-default}` and `${NAME}` in a text of a Compose file, and `$$`, which is `$`. */
export function interpolate(text, env) {
  return text.replace(/\$\$|\$\{(\w+)(?::-([^}]*))?\}/g, (all, name, fallback = '') =>
    all === '$$' ? '$' : env[name] || fallback,
  );
}

/** Variables and command of a service, with `replacements` ([from, to]) made in each of them. */
export function serviceOf(text, name, { env = {}, replacements = [] } = {}) {
  const service = parse(text, { merge: true }).services?.[name];
  if (!service) throw new Error(`there is no service ${name}`);
  const resolve = (value) =>
    replacements.reduce((value, [from, to]) => value.replaceAll(from, to), interpolate(String(value), env));
  const variables = Object.entries(service.environment ?? {}).map(([name, value]) => `${name}=${resolve(value)}`);
  return { variables, command: (service.command ?? []).map(resolve) };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [file, name, ...pairs] = process.argv.slice(2);
  const replacements = pairs.map((pair) => pair.split('='));
  const { variables, command } = serviceOf(readFileSync(file, 'utf8'), name, { env: process.env, replacements });
  process.stdout.write([...variables, '', ...command].map((part) => `${part}\0`).join(''));
}
