// The pages of eventing as people use them: bin/check-pages runs this.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertAllLookedAt, routes } from './routes.js';
import { assertSound as isSound } from './sound.js';
import { Stack, TOKEN } from './stack.js';
import { Visitor, launch } from './visitor.js';

const ORG = 'my-org';
/** Whatever the name, the password counts. */
const CREDENTIALS = { httpCredentials: { username: 'operator', password: TOKEN } };

let stack;
let browser;
let visitor;

before(async () => {
  stack = await Stack.startPattern({ binaries: process.env.BINARIES, pattern: 'eventing' });
  browser = await launch();
  visitor = await Visitor.arrive(browser, stack, CREDENTIALS);
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

const assertSound = (name) => isSound(visitor, `eventing-${name}`);
const section = (name) => visitor.page.getByRole('region', { name });

/** Sends a change of Opportunities of the org, as Salesforce would. */
async function change(transactionKey, recordIds) {
  const header = { entityName: 'Opportunity', recordIds, changeType: 'UPDATE', transactionKey };
  const answer = await fetch(`${stack.url}/api/testevent`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ChangeEventHeader: { ...header, changedFields: ['StageName'] } }),
  });
  assert.equal(answer.status, 204, await answer.text());
}

describe('the pages of eventing', () => {
  it('say what they ask for', async () => {
    const stranger = await Visitor.arrive(browser, stack);
    // What a browser shows to somebody who gives it no password: without a window it would not come so far.
    await stranger.page.route('**/*', async (route) => {
      const response = await route.fetch();
      const headers = response.headers();
      assert.equal(response.status() === 401, 'www-authenticate' in headers);
      delete headers['www-authenticate'];
      await route.fulfill({ response, headers });
    });
    for (const path of ['/', '/jobs/1']) {
      await stranger.page.goto(path);
      await stranger.page.getByRole('heading', { level: 1, name: 'The token is needed' }).waitFor();
      assert.match(stranger.complaints.splice(0).join('\n'), /^(.*401.*\n?)+$/);
    }
    await isSound(stranger, 'eventing-token');
    await stranger.leave();
  });

  it('show that nothing has happened, and that no worker runs', async () => {
    const { page } = visitor;
    await page.goto('/');
    visitor.complaints.splice(0);
    await section('Subscription').getByText('None runs').waitFor();
    await section('Recent jobs').getByText('There are none yet').waitFor();
    assert.equal(await page.locator('meta[http-equiv]').count(), 0, 'a page that reloads by itself cannot be read');
    for (const landmark of ['banner', 'main']) await page.getByRole(landmark).waitFor();
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
    await assertSound('empty');
  });

  it('show jobs as they come and go, without reloading', async () => {
    const { page } = visitor;
    await page.evaluate(() => (globalThis.stays = true));
    await stack.org('POST', `/orgs/${ORG}/seed`, { opportunities: 5, lines: 2 });
    const soql = new URLSearchParams({ q: 'SELECT Id FROM Opportunity ORDER BY Id LIMIT 5' });
    const ids = (await stack.rest(ORG, 'GET', `/query?${soql}`)).records.map(({ Id }) => Id);
    // One that is not there any more is skipped.
    await change('transaction-1', ids);
    const jobs = section('Recent jobs');
    await jobs.getByRole('cell', { name: 'waiting for a worker' }).waitFor();
    await jobs.getByText('Jobs wait, but no worker is running').waitFor();
    await assertSound('waiting');
    await stack.startWorker();
    await jobs.getByRole('cell', { name: 'completed' }).waitFor({ timeout: 60_000 });
    await section('Subscription').getByText('At least one runs.').waitFor();
    assert.equal(await jobs.getByText('no worker is running').count(), 0);
    assert.equal(await page.evaluate(() => globalThis.stays), true);
    await assertSound('jobs');
  });

  it('lead from a job to what became of it', async () => {
    const { page } = visitor;
    const id = await section('Recent jobs').getByRole('link').innerText();
    await section('Recent jobs').getByRole('link', { name: id }).click();
    await page.getByRole('heading', { level: 1, name: `Job ${id}` }).waitFor();
    await page.getByRole('heading', { level: 2, name: 'completed' }).waitFor();
    await assertSound('job');
    await page.getByRole('link', { name: 'all jobs' }).click();
    await page.getByRole('heading', { level: 1, name: `Change events of ${ORG}` }).waitFor();
  });

  it('show a job that cannot go on, and why', async () => {
    const { page } = visitor;
    await stack.stopWorker();
    await change('transaction-2', ['006000000000001AAA']);
    await page.goto('/');
    const jobs = section('Recent jobs');
    await jobs.getByRole('cell', { name: 'waiting for a worker' }).waitFor();
    await jobs.getByRole('link').first().click();
    await page.getByText('No worker is running').waitFor();
    await assertSound('job-waiting');
  });

  it('stand still when they are told to', async () => {
    const { page } = visitor;
    await page.goto('/');
    await page.getByRole('button', { name: 'Live', pressed: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Live', pressed: false }).waitFor();
    await change('transaction-3', ['006000000000002AAA']);
    await page.waitForTimeout(4_500);
    assert.equal(await section('Recent jobs').getByRole('row').count(), 3);
    await page.keyboard.press('Enter');
    await section('Recent jobs').getByRole('row').nth(3).waitFor();
  });

  it('say that there is no such job', async () => {
    await visitor.page.goto(`/jobs/${'0'.repeat(32)}`);
    await visitor.page.getByRole('heading', { level: 1, name: 'No such job' }).waitFor();
    assert.match(visitor.complaints.splice(0).join('\n'), /^(.*404.*\n?)+$/);
    await assertSound('no-job');
  });

  it('work without JavaScript', async () => {
    const plain = await Visitor.arrive(browser, stack, { javaScriptEnabled: false, ...CREDENTIALS });
    await plain.page.goto('/');
    assert.equal(await plain.page.getByRole('button').count(), 0);
    await plain.page.getByRole('link', { name: 'Reload' }).click();
    await plain.page.getByRole('heading', { level: 2, name: 'Recent jobs' }).waitFor();
    await plain.leave();
  });

  it('say that what is shown is old while there is no answer, and why there is none', async () => {
    const { page } = visitor;
    await page.goto('/');
    visitor.complaints.splice(0);
    await stack.stopRedis();
    await page.getByText('No answer; what is shown is old').waitFor({ timeout: 60_000 });
    await page.goto('/');
    await page.getByRole('heading', { level: 1, name: 'Not available' }).waitFor();
    assert.match(visitor.complaints.splice(0).join('\n'), /^(.*503.*\n?)+$/);
    await assertSound('not-available');
  });

  it('are all of them', () => {
    const data = Object.fromEntries(['/info', '/api/jobs/{id}', '/api/jobs/{id}/errors'].map((path) => [path, 'JSON']));
    assertAllLookedAt(stack.url, routes('services/eventing/web/src'), data);
  });
});
