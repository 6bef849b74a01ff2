// An org in which something happens, for the pages of local-org's console.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const SPEC = new URL('../../services/org-action/web/api-docs.yaml', import.meta.url);
const JOB = '5f0c1a52-7c1e-4a53-9d0e-2f6f1f0b8a11';

/** Opportunities that move on, their Quotes, a notification, a published app that is called, and a Bulk API job. */
export async function bustle(stack, org) {
  const rest = (...args) => stack.rest(org, ...args);
  await stack.org('POST', `/orgs/${org}/seed`, { opportunities: 40, lines: 2 });
  const soql = "SELECT Id, Name FROM Opportunity ORDER BY Id LIMIT 8";
  const { records } = await rest('GET', `/query?${new URLSearchParams({ q: soql })}`);
  const change = ({ Id }) => ({ attributes: { type: 'Opportunity' }, id: Id, StageName: 'Proposal/Price Quote' });
  await rest('PATCH', '/composite/sobjects', { records: records.map(change) });
  for (const { Id, Name } of records.slice(0, 6)) {
    const quote = { Name: `Quote for ${Name}`, OpportunityId: Id, QuoteJobKey__c: `${JOB}:${Id}` };
    await rest('POST', '/sobjects/Quote', quote);
  }
  await rest('PATCH', `/sobjects/Opportunity/${records[0].Id}`, { NextStep: 'Send the quote' });
  await bulk(rest);
  await call(stack, org, records[0].Id);
  await complete(stack, org, 6);
}

/** Tells that a job has ended; the Flow notifies the user. */
export async function complete(stack, org, quotes) {
  const event = { Status__c: 'completed', JobId__c: JOB, Quotes__c: quotes, Skipped__c: 2, Failed__c: 0 };
  await stack.rest(org, 'POST', '/sobjects/QuoteGenerationComplete__e', event);
}

async function bulk(rest) {
  const { id } = await rest('POST', '/jobs/ingest', { object: 'Account', operation: 'insert' });
  const rows = Array.from({ length: 300 }, (_, index) => `Account ${index + 1}`);
  await rest('PUT', `/jobs/ingest/${id}/batches`, `Name\n${rows.join('\n')}\n`, 'text/csv');
  await rest('PATCH', `/jobs/ingest/${id}`, { state: 'UploadComplete' });
  while ((await rest('GET', `/jobs/ingest/${id}`)).state !== 'JobComplete') {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Publishes an app and calls it. */
function call(stack, org, opportunityId) {
  return withApp(stack, org, opportunityId, 200, { quoteId: '0Q0LO00000000010AA' });
}

/** The same with an app that refuses. */
export async function refuse(stack, org) {
  const { records } = await stack.rest(org, 'GET', '/query?q=SELECT+Id+FROM+Opportunity+LIMIT+1');
  const error = { code: 'no_lines', message: 'The Opportunity has no products.', requestId: null, field: null };
  await withApp(stack, org, records[0].Id, 422, { error });
}

async function withApp(stack, org, opportunityId, status, answer) {
  const app = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise((resolve) => app.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${app.address().port}`;
    await stack.org('POST', '/publish', { org, clientName: 'GenerateQuote', url, spec: readFileSync(SPEC, 'utf8') });
    await stack.org('POST', `/orgs/${org}/invoke`, {
      clientName: 'GenerateQuote',
      operationId: 'generateQuote',
      body: { opportunityId },
    });
  } finally {
    app.close();
    app.closeAllConnections();
  }
}
