// Apex, checked by a parser of the language: syntax, and the pairing of files and classes. What names mean, apex-types.js
// checks.
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { ApexErrorListener, ApexParserFactory } from '@apexdevtools/apex-parser';
import { projectFiles } from './metadata.js';

/** The rule of the grammar for a file, by its ending. */
const UNITS = new Map([
  ['cls', 'compilationUnit'],
  ['trigger', 'triggerUnit'],
  ['apex', 'anonymousUnit'],
]);

/** Kinds of tokens that mean something: the others are white space and comments. */
const DEFAULT_CHANNEL = 0;

class Problems extends ApexErrorListener {
  list = [];

  apexSyntaxError(line, column, message) {
    // What could have stood there is a list of all keywords of Apex.
    this.list.push({ line, column, message: message.replace(/ expecting \{.*\}$/s, '') });
  }
}

/**
 * Checks all Apex of an sfdx project: classes and triggers of its packages, and the scripts.
 * @param {string} project folder of sfdx-project.json
 * @returns {string[]} problems
 */
export function checkApex(project) {
  return apexFiles(project).flatMap((file) => checkFile(file, readFileSync(join(project, file), 'utf8')));
}

/** All Apex of an sfdx project, scripts included, as paths below the project. @returns {string[]} */
export function apexFiles(project) {
  const scripts = readdirSync(join(project, 'scripts'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(project, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
  return [...projectFiles(project), ...scripts].filter((file) => UNITS.has(endingOf(file)));
}

/** The rule of the grammar for a file. @returns {string} */
export function unitOf(file) {
  return UNITS.get(endingOf(file));
}

/** @returns {string[]} problems of one file */
export function checkFile(file, source) {
  const { problems, tokens } = parse(source, unitOf(file));
  if (problems.length > 0) {
    return problems.map(({ line, column, message }) => `${file}:${line}:${column + 1}: ${message}`);
  }
  return checkName(file, tokens);
}

/** @returns {{problems: {line: number, column: number, message: string}[], tokens: Token[]}} */
export function parse(source, unit) {
  const listener = new Problems();
  const { lexer, parser } = ApexParserFactory.createLexerAndParser(source, listener);
  parser[unit]();
  lexer.reset();
  const tokens = lexer
    .getAllTokens()
    .filter(({ channel }) => channel === DEFAULT_CHANNEL)
    .map(({ text, line }) => ({ text, line }));
  return { problems: listener.list, tokens };
}

/** @typedef {{text: string, line: number}} Token */

function endingOf(file) {
  return file.split('.').at(-1);
}

/** A class has the name of its file, or nobody finds it. */
function checkName(file, tokens) {
  if (endingOf(file) !== 'cls') {
    return [];
  }
  const keyword = tokens.findIndex(({ text }) => /^(class|interface|enum)$/i.test(text));
  const name = tokens[keyword + 1]?.text;
  return name === basename(file, '.cls') ? [] : [`${file}: it defines ${name}`];
}
