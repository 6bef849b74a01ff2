// Salesforce metadata, checked without an org: well-formed XML, known elements, values of the right type, nothing twice
// that may stand once, nothing missing that must be there. An org checks more; `sf project deploy start` asks it.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { loadTypes } from './metadata-types.js';
import { checkReferences } from './references.js';
import { childText, malformed, parseXml } from './xml.js';

const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';

/**
 * The type of a file by what stands before `-meta.xml`, and the elements that an org demands although the declarations
 * leave them open. A new kind of metadata gets a line here.
 */
const KINDS = new Map([
  ['cls', { root: 'ApexClass', required: ['apiVersion', 'status'] }],
  ['customPermission', { root: 'CustomPermission', required: ['isLicensed', 'label'] }],
  ['field', { root: 'CustomField', required: ['fullName', 'label', 'type'] }],
  ['flow', { root: 'Flow', required: ['apiVersion', 'label', 'processType', 'start', 'status'] }],
  ['genAiFunction', { root: 'GenAiFunction', required: ['description', 'invocationTarget', 'invocationTargetType'] }],
  ['genAiPlugin', { root: 'GenAiPlugin', required: ['description', 'developerName', 'scope'] }],
  ['js', { root: 'LightningComponentBundle', required: ['apiVersion', 'isExposed'] }],
  ['notiftype', { root: 'CustomNotificationType', required: ['masterLabel'] }],
  ['object', { root: 'CustomObject', required: ['label', 'pluralLabel', 'deploymentStatus'] }],
  ['permissionset', { root: 'PermissionSet', required: ['hasActivationRequired', 'label'] }],
  ['platformEventChannelMember', { root: 'PlatformEventChannelMember', required: [] }],
  ['quickAction', { root: 'QuickAction', required: ['label', 'type'] }],
  ['resource', { root: 'StaticResource', required: ['contentType'] }],
  ['tab', { root: 'CustomTab', required: ['motif'] }],
]);

/** The element that repeats the file's name, where a type has one. */
const NAMED_BY = new Map([
  ['CustomField', 'fullName'],
  ['CustomNotificationType', 'customNotifTypeName'],
  ['GenAiPlugin', 'developerName'],
]);

/** Elements that an org takes and the declarations do not know. */
const UNDECLARED = new Set(['FlowActionCall.versionSegment']);

const SIMPLE = {
  boolean: (text) => text === 'true' || text === 'false',
  number: (text) => /^-?\d+(\.\d+)?$/.test(text),
  string: () => true,
  any: () => true,
};

/** All files of an sfdx project's package directories, as paths below the project. */
export function projectFiles(project) {
  const { packageDirectories } = JSON.parse(readFileSync(join(project, 'sfdx-project.json'), 'utf8'));
  return packageDirectories.flatMap(({ path }) =>
    readdirSync(join(project, path), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(project, join(entry.parentPath ?? entry.path, entry.name)))
      .sort(),
  );
}

/**
 * Checks all metadata of an sfdx project.
 * @param {string} project folder of sfdx-project.json
 * @param {import('./external-services.js').Services} services what is published to the org
 * @returns {string[]} problems
 */
export function checkProject(project, services) {
  const files = projectFiles(project);
  const metadata = files.filter((file) => file.endsWith('-meta.xml'));
  if (metadata.length === 0) {
    return [`${project}: no metadata found`];
  }
  const types = loadTypes();
  const sources = metadata.map((file) => ({ file, xml: readFileSync(join(project, file), 'utf8') }));
  const problems = sources.flatMap(({ file, xml }) => checkFile(types, file, xml));
  const parsed = sources.filter(({ xml }) => !malformed(xml)).map(({ file, xml }) => ({ file, root: parseXml(xml) }));
  return [...problems, ...checkReferences(parsed.filter(({ root }) => root), files, services)];
}

/**
 * Checks one file.
 * @param {import('./metadata-types.js').Types} types
 * @returns {string[]} problems
 */
export function checkFile(types, file, xml) {
  const [, name, suffix] = /^(.*)\.(\w+)-meta\.xml$/.exec(basename(file)) ?? [];
  const kind = KINDS.get(suffix);
  if (!kind) {
    return [`${file}: no check for metadata of this kind; add it to KINDS in metadata.js`];
  }
  const error = malformed(xml);
  if (error) {
    return [`${file}:${error.line}: ${error.msg}`];
  }
  const root = parseXml(xml);
  if (root?.name !== kind.root) {
    return [`${file}: the root is <${root?.name}>, not <${kind.root}>`];
  }
  const problems = [];
  if (root.attributes['@_xmlns'] !== NAMESPACE) {
    problems.push(`the root is not in the namespace ${NAMESPACE}`);
  }
  checkElement(types, root, kind.root, kind.root, problems);
  const missing = kind.required.filter((element) => !root.children.some((child) => child.name === element));
  problems.push(...missing.map((element) => `<${element}> is missing`));
  const named = NAMED_BY.get(kind.root);
  if (named && childText(root, named) && childText(root, named) !== name) {
    problems.push(`<${named}> is ${childText(root, named)}, not the file's name`);
  }
  return problems.map((problem) => `${file}: ${problem}`);
}

function checkElement(types, element, type, path, problems) {
  const declared = types.structures.get(type);
  const seen = new Map();
  for (const child of element.children) {
    seen.set(child.name, (seen.get(child.name) ?? 0) + 1);
    const declaration = declared.get(child.name);
    const childPath = `${path}.${child.name}`;
    if (declaration) {
      checkValue(types, child, declaration.type, childPath, problems);
    } else if (!UNDECLARED.has(`${type}.${child.name}`)) {
      problems.push(`unknown element ${childPath}`);
    }
  }
  for (const [name, { required, repeated }] of declared) {
    if (required && !seen.has(name)) {
      problems.push(`${path}.${name} is missing`);
    }
    if (!repeated && seen.get(name) > 1) {
      problems.push(`${path}.${name} stands ${seen.get(name)} times`);
    }
  }
  if (element.text) {
    problems.push(`text between the elements of ${path}`);
  }
}

function checkValue(types, element, type, path, problems) {
  if (types.structures.has(type)) {
    checkElement(types, element, type, path, problems);
    return;
  }
  const { text } = element;
  if (element.children.length > 0) {
    problems.push(`${path} has elements, but is a value`);
  } else if (types.enums.has(type)) {
    if (!types.enums.get(type).has(text)) {
      problems.push(`${path}: ${text || 'nothing'} is not a value of ${type}`);
    }
  } else if (!types.texts.has(type) && !SIMPLE[type]?.(text)) {
    problems.push(`${path}: ${text || 'nothing'} is not a ${type}`);
  }
}
