// The pages that there are, as the sources of the services register them, and those that were looked at. So a page that is new is not
// forgotten: its route has no test until one opens it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Paths of pages that were looked at in this process, by the server they were on. */
const looked = new Map();

/** Notes that the present page was looked at. */
export function note(visitor) {
  const { origin, pathname } = new URL(visitor.page.url());
  looked.set(origin, (looked.get(origin) ?? new Set()).add(pathname));
}

function sources(place) {
  const path = join(ROOT, place);
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true }).filter((name) => name.endsWith('.rs'));
  return names.map((name) => join(path, name));
}

/** Paths that answer GET, of files and folders of Rust: `/jobs/{queue}/{id}`. */
export function routes(...places) {
  const found = new Set();
  for (const file of places.flatMap(sources)) {
    const text = readFileSync(file, 'utf8');
    const constants = new Map([...text.matchAll(/const (\w+): &str = "([^"]*)";/g)].map(([, name, value]) => [name, value]));
    const path = (written) => (written.startsWith('"') ? written.slice(1, -1) : constants.get(written));
    const registered = [
      ...text.matchAll(/#\[get\(("[^"]*")\)\]/g),
      ...text.matchAll(/\.route\(\s*("[^"]*"|[A-Z_]+),\s*web::get\(\)/g),
      ...text.matchAll(/web::resource\(("[^"]*"|[A-Z_]+)\)\s*\.route\(web::get\(\)/g),
    ];
    for (const [all, written] of registered) {
      const route = path(written);
      assert.ok(route !== undefined, `${file}: ${all}: not a constant of this file`);
      found.add(route);
    }
  }
  assert.ok(found.size > 0, `${places}: no routes`);
  return [...found].sort();
}

/** Every route of the server at `url` was looked at, but for `others`, which are no pages: the path of each, and what it is. */
export function assertAllLookedAt(url, routes, others) {
  const seen = [...(looked.get(new URL(url).origin) ?? [])];
  const isSeen = (route) => {
    const pattern = route.split(/\{[^}]*\}/).map((part) => part.replace(/[.*+?^$()|[\]\\]/g, '\\$&'));
    return seen.some((path) => new RegExp(`^${pattern.join('[^/]+')}$`).test(path));
  };
  assert.deepEqual(Object.keys(others).filter((path) => !routes.includes(path)), [], 'these are gone');
  assert.deepEqual(routes.filter((route) => !(route in others) && !isSeen(route)), [], 'nobody has looked at these');
}
