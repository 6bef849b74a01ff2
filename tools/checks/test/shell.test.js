// The reader of shell blocks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blocksOf, simpleCommands, spansOf } from '../shell.js';

const words = (script) => simpleCommands(script).map(({ words }) => words);

describe('simple commands', () => {
  const cases = [
    ['words and quotes', `a 'b c' "d \\"e\\"" f\\ g`, [['a', 'b c', 'd "e"', 'f g']]],
    ['lists and pipes', 'a && b || c; d | e & f', [['a'], ['b'], ['c'], ['d'], ['e'], ['f']]],
    ['a subshell', '(cd x && a --b)', [['cd', 'x'], ['a', '--b']]],
    ['lines, a continued one, and a comment', 'a \\\n  b # c d\nd', [['a', 'b'], ['d']]],
    ['a text over several lines', 'a "b\n  c" d\ne', [['a', 'b\n  c', 'd'], ['e']]],
    ['assignments', 'A=1 B=$(c d) e f', [['e', 'f'], ['c', 'd']]],
    ['an assignment alone', 'A=$(b c | d)', [['b', 'c'], ['d']]],
    ['a substitution in quotes', 'a "$(b "c d" $(e))"', [['a', '$(b "c d" $(e))'], ['b', 'c d', '$(e)'], ['e']]],
    ['redirections', 'a <b >c 2>/dev/null 2>&1 d', [['a', 'd']]],
    ['a hash inside a word', `sed -E 's#a#b#' x#y`, [['sed', '-E', 's#a#b#', 'x#y']]],
    ['keywords and a function', 'f() { until a; do b; done; }', [['f'], ['a'], ['b']]],
    ['a variable', 'a ${B:-c} "$D"', [['a', '${B:-c}', '$D']]],
    ['a quote that does not end', "a 'b c", [['a', 'b c']]],
  ];
  for (const [name, script, expected] of cases) {
    it(`takes ${name}`, () => assert.deepEqual(words(script), expected));
  }
  it('keeps the assignments before a command', () =>
    assert.deepEqual(simpleCommands('A=1 B="c d" e'), [{ assignments: ['A=1', 'B=c d'], words: ['e'] }]));
});

describe('a document', () => {
  const text = 'See `a b`.\n\n```sh\nc `d`\n```\n\n   ```sh\n   e\n   ```\n\n```rust\nlet f = `g`;\n```\n';
  it('has blocks', () => assert.deepEqual(blocksOf(text), ['c `d`\n', '   e\n']));
  it('has spans outside of them', () => assert.deepEqual(spansOf(text), ['a b']));
});
