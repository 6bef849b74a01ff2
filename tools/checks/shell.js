// The simple commands of a shell script, as far as documents use the language: quotes, `$(…)`, pipes, lists, subshells,
// assignments before a command and redirections. Variables stay as they are written.
const FENCE = /^\s*```sh\n([\s\S]*?)^\s*```$/gm;
/** Ends a command: what follows is another one. Longest first. */
const SEPARATORS = ['&&', '||', ';;', ';', '|', '&', '(', ')', '{', '}', '\n'];
const REDIRECTION = /^\d*(?:>>|>&|<&|>|<)/;
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'fi', 'while', 'until', 'do', 'done', '!', 'time', 'exec', 'export']);

/** The shell blocks of a document. */
export function blocksOf(markdown) {
  return [...markdown.matchAll(FENCE)].map(([, block]) => block);
}

/** Code in the text of a document that is one line and outside its blocks, such as `heroku local`. */
export function spansOf(markdown) {
  const text = markdown.replaceAll(/^([ \t]*)(```|~~~)[^\n]*\n[\s\S]*?^\1\2[ \t]*$/gm, '');
  return [...text.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, code]) => code);
}

/**
 * The simple commands of a script, those inside `$(…)` too.
 *
 * @param {string} script
 * @returns {{ assignments: string[], words: string[] }[]} words without their quotes; of commands that have any
 */
export function simpleCommands(script) {
  const found = [];
  let words = [];
  let word;
  const endWord = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = () => {
    endWord();
    found.push(words);
    words = [];
  };
  const nested = [];
  let at = 0;
  while (at < script.length) {
    const rest = script.slice(at);
    const substitution = rest.startsWith('$(') ? closed(rest.slice(1)) : undefined;
    const separator = SEPARATORS.find((text) => rest.startsWith(text));
    // A brace is a word of its own or none: `{a,b}`, `${name}`.
    const isSeparator = separator && (!/[{}]/.test(separator) || (word === undefined && /^[{}](?:\s|$)/.test(rest)));
    if (rest.startsWith('\\\n')) {
      at += 2;
    } else if (rest[0] === '\\') {
      word = (word ?? '') + (rest[1] ?? '');
      at += 2;
    } else if (rest[0] === "'") {
      const end = script.indexOf("'", at + 1);
      word = (word ?? '') + script.slice(at + 1, end < 0 ? undefined : end);
      at = end < 0 ? script.length : end + 1;
    } else if (rest[0] === '"') {
      const text = quoted(rest);
      nested.push(...substitutions(text));
      word = (word ?? '') + text.replaceAll(/\\(["\\$`])/g, '$1');
      at += text.length + 2;
    } else if (substitution !== undefined) {
      nested.push(substitution);
      word = `${word ?? ''}$(${substitution})`;
      at += substitution.length + 3;
    } else if (rest[0] === '#' && word === undefined) {
      at += /^[^\n]*/.exec(rest)[0].length;
    } else if (word === undefined && REDIRECTION.test(rest)) {
      // Up to the file, which is the next word and none of the command's.
      const [mark] = REDIRECTION.exec(rest);
      const [file] = /^\s*[^\s;|&()]*/.exec(rest.slice(mark.length));
      at += mark.length + file.length;
    } else if (isSeparator) {
      endCommand();
      at += separator.length;
    } else if (/\s/.test(rest[0])) {
      endWord();
      at += 1;
    } else {
      word = (word ?? '') + rest[0];
      at += 1;
    }
  }
  endCommand();
  return [...found.map(split), ...nested.flatMap(simpleCommands)].filter((command) => command && command.words.length > 0);
}

/** Assignments and keywords before a command, and the command. */
function split(words) {
  const start = words.findIndex((word) => !ASSIGNMENT.test(word) && !KEYWORDS.has(word));
  return start < 0 ? undefined : { assignments: words.slice(0, start).filter((word) => ASSIGNMENT.test(word)), words: words.slice(start) };
}

/** What stands between the brackets that `text` begins with. */
function closed(text) {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "'") {
      at = Math.max(at, text.indexOf("'", at + 1));
    } else if (text[at] === '(') {
      depth += 1;
    } else if (text[at] === ')') {
      depth -= 1;
      if (depth === 0) return text.slice(1, at);
    }
  }
  return undefined;
}

/** What stands between the double quotes that `text` begins with, as it is written. */
function quoted(text) {
  for (let at = 1; at < text.length; at += 1) {
    if (text[at] === '\\') {
      at += 1;
    } else if (text.startsWith('$(', at)) {
      at += (closed(text.slice(at + 1))?.length ?? 0) + 2;
    } else if (text[at] === '"') {
      return text.slice(1, at);
    }
  }
  return text.slice(1);
}

function substitutions(text) {
  const found = [];
  for (let at = text.indexOf('$('); at >= 0; at = text.indexOf('$(', at + 1)) {
    const inner = closed(text.slice(at + 1));
    if (inner === undefined) break;
    found.push(inner);
    at += inner.length + 2;
  }
  return found;
}
