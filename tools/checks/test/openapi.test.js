// The validator of OpenAPI documents must catch what it is for.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { checkDocument, checkDocuments } from '../openapi.js';

const text = readFileSync(new URL('../../../services/org-action/web/api-docs.yaml', import.meta.url), 'utf8');

/** The document of org-action after a change to it. */
function changed(change) {
  const document = parseYaml(text);
  change(document, document.paths['/api/generatequote'].post);
  return document;
}

describe('OpenAPI documents', () => {
  it('pass as they are', async () => {
    assert.deepEqual(await checkDocument(parseYaml(text)), []);
  });

  const refused = [
    ['a key that OpenAPI does not know', (document) => (document.path = {}), /additional properties/],
    ['no info', (document) => delete document.info, /info/],
    ['an operation without answers', (_, operation) => delete operation.responses, /responses/],
    ['an answer without description', (_, operation) => delete operation.responses['200'].description, /description/],
    ['a parameter without a place', (_, operation) => delete operation.parameters[0].in, /'in'|parameters/],
    ['a type that there is none', (document) => (document.components.schemas.QuoteGenerationRequest.properties.opportunityId.type = 'text'), /type|schema|\$ref/i],
    ['two types at once', (document) => (document.components.schemas.QuoteGenerationRequest.properties.opportunityId.type = ['string', 'null']), /type|schema|\$ref/i],
    ['a reference that leads nowhere', (document) => delete document.components.schemas.QuoteResult, /QuoteResult/],
    ['a callback without an operation\'s answers', (document) => {
      const { callbacks } = document.paths['/api/generatequoteasync'].post;
      delete callbacks.quoteGenerated['{$request.body#/callbackUrl}'].post.responses;
    }, /responses/],
  ];
  for (const [what, change, message] of refused) {
    it(`are refused with ${what}`, async () => {
      assert.match((await checkDocument(changed(change))).join('\n'), message);
    });
  }

  it('must be there', async () => {
    const root = mkdtempSync(join(tmpdir(), 'openapi-'));
    mkdirSync(join(root, 'services/none/web'), { recursive: true });
    assert.deepEqual(await checkDocuments(root), ['there is no services/*/web/api-docs.yaml']);
    rmSync(root, { recursive: true });
  });
});
