// The code with the names of Heroku's samples is there, and a renamed schema is noticed.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadDocuments, servicesOf } from '../external-services.js';
import { samplesCode } from '../samples-code.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

it('a Flow with the names of the samples finds them, and none of another name', () => {
  const { classes, problemsOfFlows } = samplesCode();
  assert.deepEqual(Object.keys(classes), ['SampleGenerateQuote', 'SampleQuoteJob']);
  const documents = loadDocuments(root);
  assert.deepEqual(problemsOfFlows(servicesOf(documents)), []);
  const renamed = JSON.parse(JSON.stringify(documents).replaceAll('QuoteGenerationRequest', 'QuoteRequest'));
  assert.match(problemsOfFlows(servicesOf(renamed)).join('\n'), /no class herokuapplink__GenerateQuote_QuoteGenerationRequest/);
});
