// Handlers that leave out an answer are found, also where there are several, and none else is.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkHandlers } from '../apex-answers.js';
import { declaredErrors } from '../external-services.js';
import { DOCUMENT } from '../fixtures/document.js';

const answer = DOCUMENT.paths['/price'].post.responses[404];
const post = { ...DOCUMENT.paths['/price'].post, responses: { 200: answer, 404: answer, 429: answer, 500: { description: 'empty' } } };
const DOCUMENTS = [{ ...DOCUMENT, paths: { ...DOCUMENT.paths, '/price': { post } } }];
const handler = (body) => `try { call(); } catch (HerokuAppLink.Prices.getPrice_ResponseException refused) { ${body} }`;
const check = (source) => checkHandlers(source, 'anonymousUnit', DOCUMENTS);

describe('a handler', () => {
  it('reads every code with a body that the document declares', () => {
    assert.deepEqual(declaredErrors(DOCUMENTS, 'Prices', 'getPrice'), ['404', '429']);
    assert.deepEqual(check(handler('if (a) { show(refused.Code404); } show(refused.code429);')), []);
    assert.deepEqual(check(handler('if (refused.responseCode == 404) { return; } show(refused.Code429);')), []);
  });
  it('that leaves one out is found, with its line', () => {
    assert.deepEqual(check(`\n${handler('if (a) { show(refused.Code404); }')}`), ['2: getPrice may answer 429, which is not read']);
    // Of another variable, behind the block, or in a comment: not read.
    const elsewhere = handler('show(other.Code429); /* refused.Code429 */ show(refused.Code404);');
    assert.deepEqual(check(`${elsewhere} show(refused.Code429);`), ['1: getPrice may answer 429, which is not read']);
    assert.equal(check(handler('show(refused.defaultResponse);') + handler('')).length, 2);
  });
  it('of something else is none of this check', () => {
    assert.deepEqual(check('try { call(); } catch (CalloutException away) { show(away); }'), []);
    assert.deepEqual(check(handler('').replace('getPrice', 'getPrise')), []);
  });
  it('may stand in a class', () => {
    const source = `public class A { void run() { ${handler('')} } }`;
    assert.deepEqual(checkHandlers(source, 'compilationUnit', DOCUMENTS), ['1: getPrice may answer 404, 429, which is not read']);
  });
});
