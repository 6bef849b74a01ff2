// Uses of generated classes in Apex: types in the namespace HerokuAppLink, and the fields and methods of variables that have
// such a type, exist in the document of the service that they are generated from. Apex itself does not care for upper and
// lower case; here it must be right.
import { NAMESPACE, VALUE } from './external-services.js';

const NAME = /^[A-Za-z]\w*$/;
const DOT = new Set(['.', '?.']);

/**
 * @param {import('./apex.js').Token[]} tokens of one file
 * @param {import('./external-services.js').Services} services
 * @returns {string[]} problems, each as `line: text`
 */
export function checkCalls(tokens, services) {
  return new Reader(tokens, services).read();
}

/** Walks over the tokens once. A variable is known from its declaration to the end of the block. */
class Reader {
  problems = [];
  /** Services without a document. */
  missing = new Set();
  /** Blocks that are open, the innermost last; each has its variables. */
  blocks = [new Map()];
  /** Declared between parentheses: they belong to the block that follows. */
  pending = new Map();
  parentheses = 0;

  constructor(tokens, services) {
    this.tokens = tokens;
    this.services = services;
  }

  read() {
    for (let at = 0; at < this.tokens.length; ) {
      at = this.step(at);
    }
    return this.problems;
  }

  text(at) {
    return this.tokens[at]?.text;
  }

  report(at, problem) {
    this.problems.push(`${this.tokens[at].line}: ${problem}`);
  }

  /** @returns {number} where to go on */
  step(at) {
    const text = this.text(at);
    if (text === '(') {
      this.parentheses++;
    } else if (text === ')') {
      this.parentheses--;
    } else if (text === '{') {
      this.blocks.push(this.pending);
      this.pending = new Map();
    } else if (text === '}') {
      this.blocks.pop();
    } else if (text === ';' && this.parentheses === 0) {
      this.pending = new Map();
    } else if (text === NAMESPACE) {
      return this.type(at);
    } else if (NAME.test(text) && !DOT.has(this.text(at - 1))) {
      this.chain(at + 1, this.variable(text));
    }
    return at + 1;
  }

  variable(name) {
    const scope = [...this.blocks, this.pending].findLast((variables) => variables.has(name));
    return scope?.get(name) ?? VALUE;
  }

  /** Reads a type, what is declared with it, and what is done with a new object of it. */
  type(at) {
    let end = at + 1;
    const parts = [];
    while (DOT.has(this.text(end)) && NAME.test(this.text(end + 1))) {
      parts.push(this.text(end + 1));
      end += 2;
    }
    const name = parts.join('.');
    if (!this.services.types.has(name)) {
      this.reportUnknown(at, name);
      return end;
    }
    if (/^extends$/i.test(this.text(at - 1))) {
      this.callbacks(at, name);
    } else if (/^new$/i.test(this.text(at - 1)) && this.text(end) === '(') {
      this.chain(this.closing(end) + 1, name);
    } else if (NAME.test(this.text(end)) && !/^instanceof$/i.test(this.text(end))) {
      const scope = this.parentheses > 0 ? this.pending : this.blocks.at(-1);
      scope.set(this.text(end), name);
      return end + 1;
    }
    return end;
  }

  /** A service that is missing as a whole is reported once. */
  reportUnknown(at, name) {
    const { clients } = this.services;
    const client = name.split(/[._]/)[0];
    if (clients.includes(client)) {
      this.report(at, `the document of ${client} gives no class ${NAMESPACE}.${name}`);
    } else if (!this.missing.has(client)) {
      this.missing.add(client);
      this.report(at, `no services/*/web/api-docs.yaml has the title ${client} (there are: ${clients.join(', ')})`);
    }
  }

  /** Follows fields and methods from a type on; `at` is what comes after the object. */
  chain(at, type) {
    let [here, current] = [at, type];
    while (current !== VALUE && DOT.has(this.text(here)) && NAME.test(this.text(here + 1))) {
      const member = this.text(here + 1);
      const isCall = this.text(here + 2) === '(';
      const known = this.services.types.get(current);
      const next = isCall ? this.method(here + 1, current, known) : known.fields.get(member);
      if (next === undefined) {
        if (!(isCall && isOfEveryObject(current, member))) {
          this.report(here + 1, `${NAMESPACE}.${current} has no ${isCall ? 'method' : 'field'} ${member}`);
        }
        return;
      }
      current = next;
      here = isCall ? this.closing(here + 2) + 1 : here + 2;
    }
  }

  /** @returns {string | undefined} the type that a method returns */
  method(at, type, known) {
    const method = known.methods.get(this.text(at));
    const given = method ? this.countArguments(at + 1) : 0;
    if (method && given !== method.parameters) {
      this.report(at, `${NAMESPACE}.${type}.${this.text(at)} takes ${method.parameters} arguments, not ${given}`);
    }
    return method?.returns;
  }

  /** A class that extends a generated one overrides all its callbacks. */
  callbacks(at, type) {
    const { callbacks } = this.services.types.get(type);
    const overridden = new Set();
    for (let here = at; here < this.tokens.length; here++) {
      if (/^override$/i.test(this.text(here))) {
        const name = this.tokens.slice(here).findIndex(({ text }) => text === '(') + here - 1;
        overridden.add(this.text(name));
        if (!callbacks.has(this.text(name))) {
          this.report(name, `${NAMESPACE}.${type} has no callback ${this.text(name)}`);
        }
      }
    }
    for (const name of callbacks) {
      if (!overridden.has(name)) {
        this.report(at, `the callback ${name} of ${NAMESPACE}.${type} is not overridden`);
      }
    }
  }

  /** @returns {number} place of the parenthesis that closes the one at `open` */
  closing(open) {
    let depth = 0;
    for (let at = open; at < this.tokens.length; at++) {
      depth += { '(': 1, ')': -1 }[this.text(at)] ?? 0;
      if (depth === 0) {
        return at;
      }
    }
    return this.tokens.length;
  }

  countArguments(open) {
    const close = this.closing(open);
    let [depth, commas] = [0, 0];
    for (let at = open; at < close; at++) {
      depth += { '(': 1, '{': 1, '[': 1, ')': -1, '}': -1, ']': -1 }[this.text(at)] ?? 0;
      commas += this.text(at) === ',' && depth === 1 ? 1 : 0;
    }
    return close === open + 1 ? 0 : commas + 1;
  }
}

/** Methods that exceptions have beside what is generated. */
function isOfEveryObject(type, member) {
  return type.endsWith('Exception') && /^get(Cause|LineNumber|Message|StackTraceString|TypeName)$/.test(member);
}
