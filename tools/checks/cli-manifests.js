// Takes into cli-commands.json what an installed CLI declares of the commands that the documents use, or compares:
//   node cli-manifests.js heroku|sf NODE_MODULES [--write]
//   NODE_MODULES  the folder that has the package `heroku` or `@salesforce/cli`
// Prints a line; exit code 1 when what is committed differs. The commands of AppLink's plugin (`applink`) are written by hand,
// after its source (github.com/heroku/heroku-cli-plugin-applink), and stay as they are.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandIn, usedCommands } from './cli.js';

const FILE = fileURLToPath(new URL('cli-commands.json', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = { heroku: 'heroku', sf: '@salesforce/cli' };
/** Where plugins stand that come with a CLI. */
const PLUGINS = ['@oclif', '@salesforce', '@heroku-cli'];

const [program, modules, option] = process.argv.slice(2);
const known = JSON.parse(readFileSync(FILE, 'utf8'));
const separator = known[program]?.separator;
if (!separator || !modules) {
  throw new Error('usage: node cli-manifests.js heroku|sf NODE_MODULES [--write]');
}

const manifest = (folder) => JSON.parse(readFileSync(join(modules, folder, 'oclif.manifest.json'), 'utf8')).commands;
const has = (folder) => readdirSync(join(modules, folder)).includes('oclif.manifest.json');
const folders = PLUGINS.flatMap((scope) => list(scope).filter((name) => name.startsWith('plugin-')).map((name) => join(scope, name)));
const declared = Object.fromEntries(
  [PACKAGES[program], ...folders]
    .filter(has)
    .flatMap((folder) => Object.values(manifest(folder)))
    .map((command) => [command.id.replaceAll(':', separator), describe(command)]),
);
const { version } = JSON.parse(readFileSync(join(modules, PACKAGES[program], 'package.json'), 'utf8'));
const documents = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: ROOT, encoding: 'utf8' });
const used = documents.split('\0').filter(Boolean).flatMap((file) =>
  usedCommands(readFileSync(join(ROOT, file), 'utf8'), program, (words) => commandIn(words, declared, separator)?.id),
);
const byHand = Object.entries(known[program].commands).filter(([, { applink }]) => applink);
const commands = Object.fromEntries([...new Set(used)].sort().map((id) => [id, declared[id]]).concat(byHand));
const next = { ...known, [program]: { separator, versions: { ...known[program].versions, [PACKAGES[program]]: version }, commands } };

if (option === '--write') {
  writeFileSync(FILE, `${JSON.stringify(next, null, 1).replaceAll(/\n {4,}/g, ' ').replaceAll(/\n {3}\}/g, ' }')}\n`);
  console.log(`ok     ${FILE} has ${Object.keys(commands).length} commands of ${program} ${version}`);
} else {
  const differs = JSON.stringify(next[program]) !== JSON.stringify(known[program]);
  console.log(`${differs ? 'FAILED' : 'ok    '} commands of documents as ${PACKAGES[program]} ${version} declares them (${used.length})`);
  if (differs) console.log('       cli-commands.json is behind; see cli-manifests.js');
  process.exitCode = differs ? 1 : 0;
}

function list(scope) {
  try {
    return readdirSync(join(modules, scope));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** What a check needs to know of a command. */
function describe({ aliases = [], hiddenAliases = [], strict, args = {}, flags = {} }) {
  const names = [...aliases, ...hiddenAliases].map((name) => name.replaceAll(':', separator));
  return {
    ...(names.length > 0 ? { names } : {}),
    // Takes any number of arguments.
    ...(strict === false ? { loose: true } : {}),
    args: Object.values(args).map(({ name, required }) => ({ name, ...(required ? { required } : {}) })),
    flags: Object.fromEntries(
      Object.values(flags)
        .filter(({ name }) => name !== 'prompt')
        .map(({ name, char, type, required, options }) => [
          name,
          {
            ...(char ? { char } : {}),
            ...(type === 'option' ? { value: true } : {}),
            ...(required ? { required } : {}),
            ...(options ? { options } : {}),
          },
        ]),
    ),
  };
}
