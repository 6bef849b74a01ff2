// The types of the Metadata API, read from the declarations of @salesforce/types: which elements a type has, which of
// them may repeat, which must be there, and which values an enumeration takes.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * @typedef {{type: string, required: boolean, repeated: boolean}} Element
 * @typedef {{structures: Map<string, Map<string, Element>>, enums: Map<string, Set<string>>, texts: Set<string>}} Types
 */

const STRUCTURE = /^export type (\w+) = (?:(\w+) & )?\{\n([\s\S]*?)^\};$/gm;
const ENUM = /^export type (\w+) = ('[^;]*');$/gm;
const TEXT = /^export type (\w+) = string;$/gm;
const ELEMENT = /^ {4}(\w+)(\??): (\w+)(\[\])?;$/gm;

/** @returns {Types} */
export function loadTypes() {
  const entry = createRequire(import.meta.url).resolve('@salesforce/types/metadata');
  return parseTypes(readFileSync(join(dirname(entry), 'metadata.d.ts'), 'utf8'));
}

/** @param {string} declarations @returns {Types} */
export function parseTypes(declarations) {
  const own = new Map();
  for (const [, name, base, body] of declarations.matchAll(STRUCTURE)) {
    const elements = new Map();
    for (const [, element, optional, type, repeated] of body.matchAll(ELEMENT)) {
      elements.set(element, { type, required: !optional && !repeated, repeated: Boolean(repeated) });
    }
    own.set(name, { base, elements });
  }
  const withInherited = (name) => {
    const { base, elements } = own.get(name);
    return own.has(base) ? new Map([...withInherited(base), ...elements]) : elements;
  };
  return {
    structures: new Map([...own.keys()].map((name) => [name, withInherited(name)])),
    enums: new Map(
      [...declarations.matchAll(ENUM)].map(([, name, values]) => [
        name,
        new Set([...values.matchAll(/'([^']*)'/g)].map(([, value]) => value)),
      ]),
    ),
    texts: new Set([...declarations.matchAll(TEXT)].map(([, name]) => name)),
  };
}
