// The commands of the Heroku CLI and the Salesforce CLI in documents, against what the programs themselves declare: the command,
// its flags and their values, and how many arguments it takes. cli-commands.json has the declarations of the commands that the
// documents use; cli-manifests.js takes them from the installed programs.
import { blocksOf, simpleCommands, spansOf } from './shell.js';

/** Flags that stand for themselves: the app of the folder's git remote, the orgs of the CLI's settings. */
const BY_DEFAULT = new Set(['app', 'target-org', 'target-dev-hub']);
/** Everything of a program, in each of its commands. */
const ALWAYS = { help: {} };

/**
 * @param {string} markdown
 * @param {object} clis of cli-commands.json
 * @returns {string[]} problems
 */
export function checkCli(markdown, clis) {
  const typed = blocksOf(markdown).flatMap((block) => simpleCommands(block));
  // In a sentence, a command may be named without all that it needs.
  const named = spansOf(markdown).flatMap((span) => simpleCommands(span));
  return [
    ...calls(typed, clis).flatMap((call) => problemsOf(call, clis)),
    ...calls(named, clis).filter(({ words }) => words.length > 0).flatMap((call) => problemsOf(call, clis, { named: true })),
  ];
}

/**
 * Names of the commands of a program that documents use, as they stand there.
 *
 * @param {string} markdown
 * @param {string} program
 * @param {(words: string[]) => string | undefined} find what a program takes for the name of a command among words
 */
export function usedCommands(markdown, program, find) {
  const scripts = [...blocksOf(markdown), ...spansOf(markdown)];
  return calls(scripts.flatMap((script) => simpleCommands(script)), { [program]: {} }).flatMap(({ words }) => find(words) ?? []);
}

/** Where one of the programs is called, also behind another one that starts it: `bin/sf-session my_org heroku local`. */
function calls(commands, clis) {
  return commands.flatMap(({ words }) => {
    const at = words.findIndex((word, index) => word in clis && (index === 0 || /^(?:sudo|env|bin\/)/.test(words[0])));
    return at < 0 ? [] : [{ program: words[at], words: words.slice(at + 1) }];
  });
}

/** The longest run of first words that is a command's name or another name of it. */
export function commandIn(words, commands, separator) {
  for (let length = separator === ':' ? 1 : words.length; length > 0; length -= 1) {
    const name = words.slice(0, length).join(separator);
    const id = Object.keys(commands).find((id) => id === name || commands[id].names?.includes(name));
    if (id !== undefined) return { id, rest: words.slice(length) };
  }
  return undefined;
}

function problemsOf({ program, words }, clis, { named = false } = {}) {
  const { separator, commands, versions } = clis[program];
  const text = [program, ...words].join(' ');
  const found = commandIn(words, commands, separator);
  if (!found) {
    const isTopic = Object.keys(commands).some((id) => id.startsWith(`${words.join(separator)}${separator}`));
    if (named && (isTopic || text.includes('…'))) return [];
    return [`${text}: cli-commands.json has no such command of ${program} (${Object.values(versions).join(', ')}); cli-manifests.js takes in new ones`];
  }
  const command = commands[found.id];
  // An outline.
  if (named && text.includes('…')) return [];
  const { problems, given, positional } = read(found.rest, { ...command.flags, ...ALWAYS });
  if (!command.loose && positional.length > command.args.length) {
    problems.push(`takes ${command.args.length} arguments, and has ${positional.length}: ${positional.join(' ')}`);
  }
  if (!named) {
    const missing = Object.entries(command.flags)
      .filter(([flag, { required }]) => required && !given.has(flag) && !BY_DEFAULT.has(flag))
      .map(([flag]) => `--${flag}`);
    const names = command.args.filter(({ required }, index) => required && index >= positional.length).map(({ name }) => name);
    problems.push(...[...missing, ...names].map((name) => `needs ${name}`));
  }
  return problems.map((problem) => `${text}: ${problem}`);
}

/** Reads flags as oclif does: `--name value`, `--name=value`, `-n value`, and all words after `--` are arguments. */
function read(words, flags) {
  const problems = [];
  const given = new Set();
  const positional = [];
  const byChar = Object.fromEntries(Object.entries(flags).map(([name, { char }]) => [char, name]));
  for (let at = 0; at < words.length; at += 1) {
    const [, dashes, written, , inline] = /^(--?)([A-Za-z][\w-]*)(=([\s\S]*))?$/.exec(words[at]) ?? [];
    if (words[at] === '--') {
      positional.push(...words.slice(at + 1));
      break;
    }
    if (!dashes) {
      positional.push(words[at]);
      continue;
    }
    const name = dashes === '--' ? written : byChar[written];
    const flag = flags[name];
    if (!flag) {
      problems.push(`has no flag ${dashes}${written}`);
      continue;
    }
    given.add(name);
    if (flag.value) {
      const value = inline ?? words[(at += 1)];
      if (value === undefined) {
        problems.push(`--${name} wants a value`);
      } else if (flag.options && !flag.options.includes(value)) {
        problems.push(`--${name} is one of ${flag.options.join(', ')}, and not ${value}`);
      }
    } else if (inline !== undefined) {
      problems.push(`--${name} takes no value`);
    }
  }
  return { problems, given, positional };
}

/** The plans of Heroku Key-Value Store (Heroku Dev Center, "Heroku Key-Value Store Plans and Pricing"). */
const REDIS_PLAN = /^heroku-redis:(?:mini|(?:premium|private|shield)-\d+)$/;

/**
 * Names of this repository in commands of documents: config vars, process types, buildpacks, add-ons, services of Compose.
 *
 * @param {string} markdown
 * @param {{ variables: Set<string>, app: object, processes: Map<string, string>, services: Set<string> }} known variables of
 *     .env.example, app.json, the processes of the Procfile, the services of docker-compose.yml
 * @returns {string[]} problems
 */
export function checkNames(markdown, { variables, app, processes, services }) {
  const commands = [...blocksOf(markdown), ...spansOf(markdown)].flatMap((script) => simpleCommands(script));
  const buildpacks = new Set(app.buildpacks.map(({ url }) => url.replace(/^https:\/\/github\.com\/([^/]+)\/heroku-buildpack-/, '$1/')));
  const addons = new Set(app.addons.map(({ plan }) => plan.split(':')[0]));
  const names = (words) => words.flatMap((word) => /^([A-Za-z][\w-]*)(?:=|$)/.exec(word)?.[1] ?? []);
  const unknown = (words, known, what) => words.filter((word) => !known(word)).map((word) => `${word} is ${what}`);
  const rules = {
    'heroku config:set': (words) => unknown(names(words), (name) => variables.has(name), 'no variable of .env.example'),
    'heroku config:get': (words) => unknown(names(words), (name) => variables.has(name), 'no variable of .env.example'),
    'heroku ps:scale': (words) => unknown(names(words), (name) => processes.has(name), 'no process of the Procfile'),
    'heroku buildpacks:add': ([buildpack]) => unknown([buildpack], (name) => buildpacks.has(name), 'no buildpack of app.json'),
    'heroku addons:create': ([plan]) => [
      ...unknown([plan.split(':')[0]], (name) => addons.has(name), 'no add-on of app.json'),
      ...(plan.startsWith('heroku-redis:') && !REDIS_PLAN.test(plan) ? [`${plan} is no plan`] : []),
    ],
    'docker compose': (words) =>
      unknown(words.flatMap((word, index) => (word === '--scale' ? names([words[index + 1] ?? '']) : [])), (name) => services.has(name), 'no service of docker-compose.yml'),
  };
  return commands.flatMap(({ words: [program, verb, ...rest] }) =>
    (rules[`${program} ${verb}`]?.(rest.filter((word) => word)) ?? []).map((problem) => `${[program, verb, ...rest].join(' ')}: ${problem}`),
  );
}
