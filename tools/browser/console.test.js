// The console of local-org as people use it: bin/check-pages runs this.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bustle, complete, refuse } from './bustle.js';
import { assertAllLookedAt, routes } from './routes.js';
import { assertSound as isSound } from './sound.js';
import { Stack } from './stack.js';
import { Visitor, launch } from './visitor.js';

const ORG = 'my-org';
const PAGE = `/console/orgs/${ORG}`;

let stack;
let browser;
let visitor;

before(async () => {
  stack = await Stack.startOrg({ binaries: process.env.BINARIES });
  browser = await launch();
  visitor = await Visitor.arrive(browser, stack);
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

const assertSound = (name) => isSound(visitor, `console-${name}`);

const notified = (text) => visitor.page.locator('#notifications').getByText(text);

describe('the console of local-org', () => {
  it('says that nothing has happened yet', async () => {
    const { page } = visitor;
    await page.goto('/');
    assert.equal(new URL(page.url()).pathname, '/console');
    await assertSound('orgs-empty');
    await page.getByRole('link', { name: 'empty-org' }).click();
    await page.getByText('Nobody was notified yet').waitFor();
    await assertSound('org-empty');
  });

  it('shows what has happened', async () => {
    await stack.org('PUT', '/costs', { callMs: 5, dailyLimit: 15_000 });
    const fault = { pathContains: '/composite/graph', times: 1, action: { kind: 'dropAfter' } };
    await stack.org('POST', '/faults', { org: ORG, ...fault });
    await bustle(stack, ORG);
    // A name without a gap must not make a table wider than a narrow window.
    const { records } = await stack.rest(ORG, 'GET', '/query?q=SELECT+OpportunityId+FROM+Quote+LIMIT+1');
    const name = `Renewal-${'of-the-agreement-'.repeat(4)}2031`;
    await stack.rest(ORG, 'PATCH', `/sobjects/Opportunity/${records[0].OpportunityId}`, { Name: name });
    await visitor.page.goto(PAGE);
    await notified('6 made, 2 skipped, 0 failed.').waitFor();
    assert.equal(await visitor.page.getByRole('heading', { level: 1 }).count(), 1);
    await assertSound('org');
    await visitor.page.goto('/console');
    await assertSound('orgs');
  });

  it('shows a transaction as one entry that opens, and stays short', async () => {
    const { page } = visitor;
    const soql = 'SELECT Id FROM Opportunity ORDER BY Id LIMIT 50';
    const { records } = await stack.rest(ORG, 'GET', `/query?${new URLSearchParams({ q: soql })}`);
    const change = ({ Id }, index) => ({ attributes: { type: 'Opportunity' }, id: Id, NextStep: `Step ${index}` });
    await stack.rest(ORG, 'PATCH', '/composite/sobjects', { records: records.map(change) });
    await page.goto(PAGE);
    const entry = page.locator('#events details').first();
    await entry.getByText(`${records.length} events, ${records.length} records`).waitFor();
    assert.ok((await page.locator('#events > ol > li').count()) <= 12);
    const height = (await page.locator('#events').boundingBox()).height;
    assert.ok(height < 2_000, `the events are ${height} pixels long`);
    await entry.locator('summary').click();
    await entry.getByText('NextStep').first().waitFor();
    await assertSound('transaction');
    // Opened, it survives what comes in.
    await page.evaluate(() => document.activeElement.blur());
    await complete(stack, ORG, 4_320);
    await notified(/4,?320/).first().waitFor();
    assert.equal(await page.locator('#events details[open]').count(), 1);
  });

  it('calls the state of a call what the API of invocations calls it', async () => {
    const { page } = visitor;
    await refuse(stack, ORG);
    const [invocation] = await stack.org('GET', `/orgs/${ORG}/invocations`);
    assert.deepEqual([invocation.state, invocation.response.status], ['completed', 422]);
    await page.goto(PAGE);
    const row = page.locator('#apps').getByRole('row', { name: /GenerateQuote\.generateQuote/ }).first();
    await row.getByText('Completed', { exact: true }).waitFor();
    await row.getByText('HTTP 422').waitFor();
    assert.equal(await page.getByText('Refused', { exact: true }).count(), 0);
  });

  it('shows what happens, without reloading', async () => {
    const { page } = visitor;
    await page.goto(PAGE);
    await page.evaluate(() => (globalThis.stays = true));
    await complete(stack, ORG, 4_321);
    await notified(/4,?321/).first().waitFor();
    assert.equal(await page.locator('#announcer').textContent(), 'One new notification');
    assert.equal(await page.evaluate(() => globalThis.stays), true);
  });

  it('leaves alone what is selected, and stands still when it is told to', async () => {
    const { page } = visitor;
    await page.evaluate(() => getSelection().selectAllChildren(document.querySelector('#notifications .title')));
    await complete(stack, ORG, 4_322);
    await page.waitForTimeout(5_000);
    assert.equal(await notified(/4,?322/).count(), 0);
    await page.evaluate(() => getSelection().removeAllRanges());
    await notified(/4,?322/).first().waitFor();

    const live = page.getByRole('button', { name: 'Live', pressed: true });
    await live.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Live', pressed: false }).waitFor();
    await complete(stack, ORG, 4_323);
    await page.waitForTimeout(5_000);
    assert.equal(await notified(/4,?323/).count(), 0);
    await page.keyboard.press('Enter');
    await notified(/4,?323/).first().waitFor();
    assert.deepEqual(visitor.complaints, []);
  });

  it('leads to its sections, by keyboard', async () => {
    const { page } = visitor;
    await page.getByRole('link', { name: 'API calls' }).focus();
    await page.keyboard.press('Enter');
    assert.equal(new URL(page.url()).hash, '#calls');
    const top = await page.locator('#calls').evaluate((section) => section.getBoundingClientRect().top);
    const bar = await page.locator('.bar').evaluate((header) => header.getBoundingClientRect().bottom);
    assert.ok(top >= bar, 'the section is not under the bar');
  });

  it('says that there is no such org', async () => {
    await visitor.page.goto('/console/orgs/nowhere');
    assert.match(visitor.complaints.splice(0).join('\n'), /^(.*404.*\n?){2}$/);
    await assertSound('not-found');
  });

  it('works without JavaScript', async () => {
    const plain = await Visitor.arrive(browser, stack, { javaScriptEnabled: false });
    await plain.page.goto(PAGE);
    await plain.page.locator('#notifications li').first().waitFor();
    assert.equal(await plain.page.getByRole('button').count(), 0);
    assert.deepEqual(plain.complaints, []);
    await plain.leave();
  });

  it('asks a user whether an app may log in, and refuses what it does not know', async () => {
    const { page } = visitor;
    const asked = { response_type: 'code', client_id: 'PlatformCLI', redirect_uri: 'http://localhost:1717/OauthRedirect' };
    await page.goto(`/services/oauth2/authorize?${new URLSearchParams({ ...asked, scope: 'refresh_token api web' })}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByText('Salesforce CLI').first().waitFor();
    await assertSound('consent');
    await page.goto(`/services/oauth2/authorize?${new URLSearchParams({ ...asked, client_id: 'unknown' })}`);
    assert.match(visitor.complaints.splice(0).join('\n'), /^(.*400.*\n?)+$/);
    await assertSound('consent-refused');
    // The page behind a login for AppLink is a line, without styles and icon.
    await page.goto('/addons/callback?code=none&state=none');
    assert.match(visitor.complaints.splice(0).join('\n'), /^(.*400.*\n?)+$/);
    assert.deepEqual(await visitor.barriers(), []);
  });

  it('has no page that was not looked at', () => {
    const files = ['css', 'js'].map((kind) => `/console/assets/console.${kind}`);
    const others = Object.fromEntries([...files, '/console/assets/icon.svg'].map((path) => [path, 'a file']));
    assertAllLookedAt(stack.url, routes('services/local-org/src/console.rs', 'services/local-org/src/console'), {
      ...others,
      '/': 'leads to /console',
    });
  });
});
