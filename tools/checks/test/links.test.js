// The checks of links, of documents that code names, and of pictures.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkLinks, checkMentions, headings } from '../links.js';
import { checkPictures } from '../pictures.js';

const TARGET = '# One\n\n## What it *does*, and `how`\n\n### One\n\n```sh\n# no heading\n```\n<a id="by-hand"></a>\n';

/** Problems of a document `docs/a.md` with this text. */
function check(text, more = {}) {
  const files = { 'README.md': '# Top\n', 'docs/a.md': text, 'docs/b.md': TARGET, 'bin/x': '', 'docs/pictures/p.svg': '', ...more };
  return checkLinks(Object.keys(files), (path) => files[path]).join('\n');
}

describe('a link', () => {
  const good = [
    ['to a file', '[b](b.md)'],
    ['to a file with a title', '[b](b.md "B")'],
    ['to the top', '[top](../README.md#top)'],
    ['to a folder', '[pictures](pictures/)'],
    ['to a heading with code and punctuation', '[b](b.md#what-it-does-and-how)'],
    ['to the second heading of a name', '[b](b.md#one-1)'],
    ['to an anchor of its own', '[b](b.md#by-hand)'],
    ['within the document', '# Here\n[here](#here)'],
    ['elsewhere', '[x](https://example.com/a.md#b) [m](mailto:a@example.com) [p](//example.com/x)'],
    ['in code is none', '`[x](none.md)` and\n```md\n[y](none.md)\n```\n   ```sh\n   [z](none.md)\n   ```\n'],
    ['of a picture', '<picture><source srcset="pictures/p.svg"><img src="pictures/p.svg"></picture> ![p](pictures/p.svg)'],
    ['by reference', '[b]\n\n[b]: b.md#one'],
  ];
  for (const [name, text] of good) {
    it(`${name} passes`, () => assert.equal(check(text), ''));
  }

  const bad = [
    ['to no file', '[c](c.md)', /^docs\/a\.md: c\.md leads to no file$/],
    ['to a file of other case', '[b](B.md)', /B\.md leads to no file/],
    ['from the wrong folder', '[b](docs/b.md)', /docs\/b\.md leads to no file/],
    ['out of the repository', '[x](../../README.md)', /leads to no file/],
    ['to no heading', '[b](b.md#two)', /b\.md#two leads to no heading/],
    ['to a third heading of a name', '[b](b.md#one-2)', /leads to no heading/],
    ['to a comment of a command', '[b](b.md#no-heading)', /leads to no heading/],
    ['to no heading of its own', '# Here\n[x](#there)', /^docs\/a\.md: #there leads to no heading/],
    ['of a picture that is not there', '<img src="pictures/q.svg">', /q\.svg leads to no file/],
    ['of a dark picture that is not there', '<source srcset="pictures/q.svg">', /q\.svg leads to no file/],
    ['by reference', '[b]\n\n[b]: none.md', /none\.md leads to no file/],
  ];
  for (const [name, text, problem] of bad) {
    it(`${name} is refused`, () => assert.match(check(text), problem));
  }
});

it('anchors are those that GitHub makes', () =>
  assert.deepEqual([...headings('# A — b_c (`D::e`)\n## [Link](x.md) to\n## 12.7 ×\n')], ['a--b_c-de', 'link-to', '127-']));

describe('a document that code names', () => {
  const mentions = (text, file = 'shared/src/x.rs') => {
    const files = { 'docs/a.md': '# One', 'shared/README.md': '', [file]: text };
    return checkMentions(Object.keys(files), (path) => files[path]).join('\n');
  };
  it('is there', () => assert.equal(mentions('// see docs/a.md and docs/a.md#one'), ''));
  it('is none', () => assert.match(mentions('// see docs/b.md'), /^shared\/src\/x\.rs: docs\/b\.md names no file$/));
  it('has no such heading', () => assert.match(mentions('// see docs/a.md#two'), /names no heading/));
  it('is looked for in settings and scripts, too', () => {
    assert.match(mentions('# docs/b.md', '.env.example'), /names no file/);
    assert.match(mentions('# docs/b.md', 'bin/x'), /names no file/);
  });
  it('of an address elsewhere is none of ours', () => assert.equal(mentions('// https://example.com/docs/b.md'), ''));
});

describe('a picture', () => {
  const LIGHT = '<svg><title>T</title><desc>D</desc><style>a { fill: #fff }</style><path marker-end="url(#tip)"/></svg>';
  const DARK = LIGHT.replace('#fff', '#000');
  const pictures = (light, dark, readme = 'docs/pictures/p-light.svg docs/pictures/p-dark.svg') => {
    const files = { 'README.md': readme, 'docs/pictures/p-light.svg': light, ...(dark && { 'docs/pictures/p-dark.svg': dark }) };
    return checkPictures(Object.keys(files), (path) => files[path]).join('\n');
  };
  it('has its counterpart', () => assert.equal(pictures(LIGHT, DARK), ''));
  it('has none', () => assert.match(pictures(LIGHT), /p-light\.svg has no counterpart docs\/pictures\/p-dark\.svg/));
  it('differs from it in a word', () => assert.match(pictures(LIGHT, DARK.replace('>D<', '>E<')), /in more than its colours/));
  it('has no title', () => assert.match(pictures(...[LIGHT, DARK].map((text) => text.replace('<title>T</title>', ''))), /no title/));
  it('takes a font from elsewhere', () =>
    assert.match(pictures(...[LIGHT, DARK].map((text) => text.replace('</style>', '@import url(https://example.com/f)</style>'))), /from elsewhere/));
  it('is in no document', () => assert.match(pictures(LIGHT, DARK, ''), /is in no document/));
});
