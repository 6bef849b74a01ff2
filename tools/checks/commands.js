// The commands of the documents. Those that name things of AppLink: names by its rule, and flags that say what the published
// document says. Those that name programs and files of this repository: that these are there.
import { blocksOf } from './shell.js';

/** The help texts of the CLI plugin: 3 to 30 letters, digits and single underscores, beginning with a letter. */
const NAME = /^(?=.{3,30}$)[A-Za-z](?:_?[A-Za-z0-9])*$/;

/** The commands of the shell blocks of a document, each on one line. */
export function commandsOf(markdown) {
  return blocksOf(markdown).flatMap((block) =>
    block
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => line.replace(/\s#.*$/, '').trim())
      .filter(Boolean),
  );
}

/**
 * @param {string} markdown
 * @param {Map<string, object>} documents OpenAPI documents by their paths
 * @returns {string[]} problems
 */
export function checkCommands(markdown, documents) {
  return commandsOf(markdown).flatMap((command) => {
    const words = command.split(/\s+/);
    const at = words.indexOf('heroku');
    const [verb, argument] = at < 0 ? [] : words.slice(at + 1);
    const named = /^salesforce:(?:connect|authorizations:add)(?::jwt)?$/.test(verb) ? [argument] : [];
    const scaled = verb === 'ps:scale' ? words.filter((word) => /^\w+=(?:[2-9]|\d{2,})(?::(?:eco|basic))?$/i.test(word)) : [];
    const names = [...named, ...valuesOf(words, '--connection-name')];
    const problems = names.filter((name) => !NAME.test(name)).map((name) => `${name} is no name for AppLink: 3 to 30 letters, digits and single underscores`);
    // Dev Center, "Scaling Your Dyno Formation".
    problems.push(...scaled.map((word) => `${word}: eco and basic dynos are one of a type; name a size, such as ${word.split(':')[0]}:standard-1x`));
    return verb === 'salesforce:publish' ? [...problems, ...publication(words, argument, documents)] : problems;
  });
}

/** Folders whose files a command names; others are made by it. */
const OURS = /^(?:bin|docs|salesforce|services|shared|tools)\//;

/**
 * Programs and files of the repository that commands name and that are not there.
 *
 * @param {string} markdown
 * @param {{ files: Set<string>, binaries: Set<string>, folder: string }} known paths of the checkout, programs of the workspace,
 *     and the folder that the document's commands are typed in, `''` at the top
 * @returns {string[]} problems
 */
export function checkPrograms(markdown, { files, binaries, folder }) {
  const isThere = (path) => files.has(path) || [...files].some((file) => file.startsWith(`${path}/`));
  return commandsOf(markdown).flatMap((command) => {
    const words = command.split(/[\s;&|()'"=@]+/).filter(Boolean);
    const built = words.flatMap((word) => /^target\/(?:debug|release)\/([\w-]+)$/.exec(word)?.[1] ?? []);
    const named = words.includes('cargo') ? [...valuesOf(words, '--bin'), ...valuesOf(words, '--package')] : [];
    const programs = [...built, ...named].filter((name) => !binaries.has(name)).map((name) => `there is no program ${name}: ${command}`);
    const paths = words.map((word) => word.replace(/\/$/, '')).filter((word) => OURS.test(word) || /^scripts\//.test(word));
    const missing = paths
      .filter((path) => !isThere(path) && !isThere(`${folder}${path}`))
      .map((path) => `there is no file ${path}: ${command}`);
    return [...programs, ...missing];
  });
}

/** A publication says what its document says; copies of documents, elsewhere, are their makers' concern. */
function publication(words, path, documents) {
  const document = documents.get(path);
  if (!document) {
    return path.startsWith('services/') ? [`there is no ${path} to publish`] : [];
  }
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
  const { externalClientApp, permissionSet } =
    operations.map((operation) => operation['x-sfdc']?.heroku?.authorization).find(Boolean) ?? {};
  const expected = {
    '--client-name': document.info.title,
    '--authorization-external-client-app-name': externalClientApp,
    '--authorization-permission-set-name': permissionSet,
  };
  const different = Object.entries(expected)
    .filter(([flag, value]) => valuesOf(words, flag)[0] !== value)
    .map(([flag, value]) => `${path} wants ${flag} ${value}, and the command has ${valuesOf(words, flag)[0] ?? 'none'}`);
  const old = words.includes('--authorization-connected-app-name')
    ? [`${path} names an external client app, and --authorization-connected-app-name is for connected apps`]
    : [];
  return [...different, ...old];
}

function valuesOf(words, flag) {
  return words.flatMap((word, index) => (word === flag ? [words[index + 1] ?? ''] : []));
}
