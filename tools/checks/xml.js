// XML as elements with name, attributes, child elements and text.
import { XMLParser, XMLValidator } from 'fast-xml-parser';

/**
 * @typedef {{name: string, attributes: Object<string, string>, children: Element[], text: string}} Element
 */

/** @returns {{line: number, msg: string} | null} why the text is not well-formed */
export function malformed(xml) {
  const result = XMLValidator.validate(xml);
  return result === true ? null : result.err;
}

/** @returns {Element | undefined} the root of a well-formed document */
export function parseXml(xml) {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    ignoreDeclaration: true,
    parseTagValue: false,
  });
  return elementsOf(parser.parse(xml)).at(0);
}

/** The child elements of a name. */
export function childrenOf(element, name) {
  return element.children.filter((child) => child.name === name);
}

/** The text of the first child of a name; empty when there is none. */
export function childText(element, name) {
  return childrenOf(element, name).at(0)?.text ?? '';
}

/** All elements of a name below an element, in document order. */
export function descendantsOf(element, name) {
  return element.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...descendantsOf(child, name),
  ]);
}

function elementsOf(nodes) {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ':@' && key !== '#text');
    return name
      ? [{ name, attributes: node[':@'] ?? {}, children: elementsOf(node[name]), text: textOf(node[name]) }]
      : [];
  });
}

function textOf(nodes) {
  return nodes.map((node) => node['#text'] ?? '').join('').trim();
}
