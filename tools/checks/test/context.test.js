// The check of the build context must catch what it is for.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkContext, contextFiles } from '../context.js';

const package_ = (name) => `[package]\nname = "${name}"\nversion = "0.1.0"\nedition = "2021"\n`;
const tree = {
  'Cargo.toml': '[workspace]\nresolver = "2"\nmembers = ["services/one", "tools/two"]\n',
  'services/one/Cargo.toml': package_('one'),
  'services/one/src/main.rs': 'fn main() {}\n',
  'tools/two/Cargo.toml': package_('two'),
  'tools/two/src/main.rs': 'fn main() {}\n',
  'bin/healthcheck': '#!/bin/sh\n',
};
const dockerfile = 'FROM scratch\nCOPY . .\nCOPY --chmod=755 bin/healthcheck /usr/local/bin/healthcheck\n';

describe('the build context', () => {
  const root = mkdtempSync(join(tmpdir(), 'context-test-'));
  after(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  const check = (ignore) => checkContext({ root, ignore, dockerfile, files: Object.keys(tree) }).join('\n');

  it('passes with all members of the workspace', () => {
    assert.equal(check('*\n!Cargo.toml\n!services\n!tools/two\n!bin/healthcheck\n'), '');
  });

  it('is refused without one of them', () => {
    assert.match(check('*\n!Cargo.toml\n!services\n!bin/healthcheck\n'), /cargo refuses.*tools\/two/s);
  });

  it('is refused without a file that the Dockerfile copies', () => {
    assert.match(check('*\n!Cargo.toml\n!services\n!tools\n'), /COPY bin\/healthcheck, which \.dockerignore leaves out/);
  });

  it('is refused with an exception that buildah does not take', () => {
    assert.match(check('*\n!Cargo.toml\n!services\n!tools/*/Cargo.toml\n!tools/*/src\n!bin/healthcheck\n'), /!tools\/\*\/src: buildah/);
  });

  it('follows the order of the rules', () => {
    const files = ['a/b.rs', 'a/node_modules/c.js', 'd.txt'];
    assert.deepEqual(contextFiles('*\n!a\n**/node_modules\n', files), ['a/b.rs']);
  });
});
