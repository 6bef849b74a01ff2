// Apex that catches the exception of a published operation reads every answer that the service declares for it: what it leaves
// out would reach a user without the service's words.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apexFiles, parse, unitOf } from './apex.js';
import { NAMESPACE, declaredErrors } from './external-services.js';

const EXCEPTION = /^(\w+)_ResponseException$/;

/**
 * Checks all Apex of an sfdx project, scripts included.
 * @param {string} project folder of sfdx-project.json
 * @param {object[]} documents OpenAPI documents that are published to the org
 * @returns {string[]} problems
 */
export function checkAnswers(project, documents) {
  return apexFiles(project).flatMap((file) =>
    checkHandlers(readFileSync(join(project, file), 'utf8'), unitOf(file), documents).map((problem) => `${file}:${problem}`),
  );
}

/**
 * @param {string} source Apex
 * @param {string} unit rule of the grammar for it
 * @param {object[]} documents
 * @returns {string[]} problems, each beginning with its line
 */
export function checkHandlers(source, unit, documents) {
  const { tokens } = parse(source, unit);
  return handlersOf(tokens).flatMap(({ client, operation, line, read }) => {
    const missing = (declaredErrors(documents, client, operation) ?? []).filter((code) => !read.has(code));
    return missing.length === 0 ? [] : [`${line}: ${operation} may answer ${missing.join(', ')}, which is not read`];
  });
}

/** `catch (HerokuAppLink.Client.operation_ResponseException name) { … }`, and the codes that it reads of `name`. */
function handlersOf(tokens) {
  const text = (index) => tokens[index]?.text ?? '';
  const handlers = [];
  tokens.forEach(({ line }, at) => {
    if (text(at).toLowerCase() !== 'catch' || text(at + 2) !== NAMESPACE) {
      return;
    }
    // catch ( HerokuAppLink . Client . operation_ResponseException name ) {
    const [, operation] = EXCEPTION.exec(text(at + 6)) ?? [];
    if (operation) {
      const body = blockFrom(tokens, at + 9);
      handlers.push({ client: text(at + 4), operation, line, read: codesOf(body, text(at + 7)) });
    }
  });
  return handlers;
}

/** The tokens of the block that begins at `{`. */
function blockFrom(tokens, start) {
  let depth = 0;
  for (let index = start; index < tokens.length; index += 1) {
    depth += { '{': 1, '}': -1 }[tokens[index].text] ?? 0;
    if (depth === 0) {
      return tokens.slice(start, index);
    }
  }
  return tokens.slice(start);
}

/** Codes by `name.Code404`, and by `name.responseCode == 404`. */
function codesOf(body, name) {
  const source = body.map(({ text }) => text).join(' ');
  const found = [
    ...source.matchAll(new RegExp(`\\b${name} \\. Code(\\d{3})\\b`, 'gi')),
    ...source.matchAll(new RegExp(`\\b${name} \\. responseCode == (\\d{3})\\b`, 'gi')),
  ];
  return new Set(found.map(([, code]) => code));
}
