// Lightning web components: the files of a bundle, and what its JavaScript imports from the org.
import { basename, dirname } from 'node:path';

/** Files that are no part of the bundle: .forceignore keeps them from the org. */
const IGNORED = /\/__tests__\/|\/jsconfig\.json$/;
/** Endings that an org takes in a bundle. */
const ALLOWED = /\.(js|js-meta\.xml|html|css|svg)$/;

/**
 * @param {string[]} files all files of the project
 * @param {(file: string) => string} read text of a file
 * @returns {string[]} problems
 */
export function checkBundles(files, read) {
  const bundles = new Map();
  for (const file of files.filter((one) => !IGNORED.test(one))) {
    const [, folder, rest] = /^(.*\/lwc\/[^/]+)\/(.+)$/.exec(file) ?? [];
    if (folder) {
      bundles.set(folder, [...(bundles.get(folder) ?? []), rest]);
    }
  }
  const classes = new Map(files.filter((file) => file.endsWith('.cls')).map((file) => [basename(file, '.cls'), file]));
  return [...bundles].flatMap(([folder, parts]) => {
    const problems = checkParts(basename(folder), parts);
    const scripts = parts.filter((part) => part.endsWith('.js'));
    const imports = scripts.flatMap((part) => checkImports(folder, part, parts, classes, read));
    return [...problems, ...imports].map((problem) => `${folder}: ${problem}`);
  });
}

function checkParts(name, parts) {
  const problems = [`${name}.js`, `${name}.js-meta.xml`]
    .filter((part) => !parts.includes(part))
    .map((part) => `there is no ${part}`);
  if (!/^[a-z][a-zA-Z0-9]*(_[a-zA-Z0-9]+)*$/.test(name)) {
    problems.push('its name does not begin with a small letter, or has signs that are not allowed');
  }
  return [...problems, ...parts.filter((part) => !ALLOWED.test(part)).map((part) => `an org does not take ${part}`)];
}

/** Modules of the bundle itself exist, and so do the methods of Apex, with @AuraEnabled. */
function checkImports(folder, part, parts, classes, read) {
  const source = read(`${folder}/${part}`);
  const modules = [...source.matchAll(/^\s*(?:import|export)\b[^'"]*['"]([^'"]+)['"]/gm)].map(([, module]) => module);
  return modules.flatMap((module) => {
    if (module.startsWith('.')) {
      const target = `${dirname(part) === '.' ? '' : `${dirname(part)}/`}${module.replace(/^\.\//, '')}.js`;
      return parts.includes(target) ? [] : [`${part} imports ${module}, which does not exist`];
    }
    const [, name, method] = /^@salesforce\/apex\/(\w+)\.(\w+)$/.exec(module) ?? [];
    if (!name) {
      return [];
    }
    if (!classes.has(name)) {
      return [`${part} imports ${module}, and there is no class ${name}`];
    }
    const declaration = new RegExp(`@AuraEnabled(\\([^)]*\\))?\\s+(public|global)\\s+static\\s+[\\w.<>, ]+\\s${method}\\(`);
    return declaration.test(read(classes.get(name)))
      ? []
      : [`${part} imports ${module}, and ${name} has no @AuraEnabled method ${method}`];
  });
}
