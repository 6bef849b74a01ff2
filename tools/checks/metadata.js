// Salesforce metadata, checked without an org: well-formed XML, known elements, values of the right type, nothing twice
// that may stand once, nothing missing that must be there. An org checks more; `sf project deploy start` asks it.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { loadTypes } from './metadata-types.js';

const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';

/** The type of a file by what stands before `-meta.xml`. A new kind of metadata gets a line here. */
const ROOTS = new Map([
  ['field', 'CustomField'],
  ['flow', 'Flow'],
  ['object', 'CustomObject'],
  ['permissionset', 'PermissionSet'],
]);

/** Elements that an org takes and the declarations do not know. */
const UNDECLARED = new Set(['FlowActionCall.versionSegment']);

/** Elements of CustomField that every field on a record has; the declarations share the type with others. */
const FIELD_REQUIRED = ['fullName', 'label', 'type'];

const SIMPLE = {
  boolean: (text) => text === 'true' || text === 'false',
  number: (text) => /^-?\d+(\.\d+)?$/.test(text),
  string: () => true,
  any: () => true,
};

/**
 * Checks all metadata of an sfdx project.
 * @param {string} project folder of sfdx-project.json
 * @returns {string[]} problems
 */
export function checkProject(project) {
  const { packageDirectories } = JSON.parse(readFileSync(join(project, 'sfdx-project.json'), 'utf8'));
  const files = packageDirectories.flatMap(({ path }) =>
    readdirSync(join(project, path), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('-meta.xml'))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
  );
  if (files.length === 0) {
    return [`${project}: no metadata found`];
  }
  const types = loadTypes();
  const sources = files.map((file) => ({ file: relative(project, file), xml: readFileSync(file, 'utf8') }));
  return [...sources.flatMap(({ file, xml }) => checkFile(types, file, xml)), ...checkReferences(sources)];
}

/**
 * Checks one file.
 * @param {import('./metadata-types.js').Types} types
 * @returns {string[]} problems
 */
export function checkFile(types, file, xml) {
  const [, name, suffix] = /^(.*)\.(\w+)-meta\.xml$/.exec(basename(file)) ?? [];
  const expected = ROOTS.get(suffix);
  if (!expected) {
    return [`${file}: no check for metadata of this kind; add it to ROOTS in metadata.js`];
  }
  const wellFormed = XMLValidator.validate(xml);
  if (wellFormed !== true) {
    return [`${file}:${wellFormed.err.line}: ${wellFormed.err.msg}`];
  }
  const root = elementsOf(parse(xml)).at(0);
  if (root?.name !== expected) {
    return [`${file}: the root is <${root?.name}>, not <${expected}>`];
  }
  const problems = [];
  if (root.attributes['@_xmlns'] !== NAMESPACE) {
    problems.push(`the root is not in the namespace ${NAMESPACE}`);
  }
  checkElement(types, root, expected, expected, problems);
  const value = (element) => textOf(root.children.find((child) => child.name === element) ?? { content: [] });
  if (expected === 'CustomField') {
    problems.push(...FIELD_REQUIRED.filter((element) => !value(element)).map((element) => `<${element}> is missing`));
    if (value('fullName') && value('fullName') !== name) {
      problems.push(`<fullName> is ${value('fullName')}, not the file's name`);
    }
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
  if (textOf(element)) {
    problems.push(`text between the elements of ${path}`);
  }
}

function checkValue(types, element, type, path, problems) {
  if (types.structures.has(type)) {
    checkElement(types, element, type, path, problems);
    return;
  }
  const text = textOf(element);
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

/** What the files say about each other: permission sets name fields that exist and may be restricted. */
function checkReferences(sources) {
  const fields = new Map();
  for (const { file, xml } of sources) {
    const [, object, field] = /objects\/(\w+)\/fields\/(\w+)\.field-meta\.xml$/.exec(file) ?? [];
    if (field) {
      fields.set(`${object}.${field}`, /<required>true<\/required>/.test(xml));
    }
  }
  return sources
    .filter(({ file }) => file.endsWith('.permissionset-meta.xml'))
    .flatMap(({ file, xml }) =>
      [...xml.matchAll(/<field>([^<]+)<\/field>/g)].flatMap(([, field]) => {
        if (field.endsWith('__c') && !fields.has(field)) {
          return [`${file}: there is no field ${field}`];
        }
        return fields.get(field) ? [`${file}: ${field} is required, so it cannot be restricted`] : [];
      }),
    );
}

function parse(xml) {
  return new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    ignoreDeclaration: true,
    parseTagValue: false,
  }).parse(xml);
}

/** The parser's nodes as elements with name, attributes, child elements and content. */
function elementsOf(nodes) {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ':@' && key !== '#text');
    return name
      ? [{ name, attributes: node[':@'] ?? {}, children: elementsOf(node[name]), content: node[name] }]
      : [];
  });
}

function textOf(element) {
  return element.content.map((node) => node['#text'] ?? '').join('').trim();
}
