// The dashboard as operators use it, beside api-access, whose loads are what it shows: bin/check-pages runs this.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { assertAllLookedAt, routes } from './routes.js';
import { assertSound as isSound } from './sound.js';
import { PASSWORD, Stack, USERNAME } from './stack.js';
import { Visitor, launch } from './visitor.js';

const ORG = 'my-org';
/** So many that the load outlasts all that is done to it. */
const COUNT = 20_000;
/** The org whose load comes to dead letters, and what it says then. */
const REFUSING = 'empty-org';
const HOSTILE = '<img src=x onerror="document.title=1">no';

let stack;
let browser;
let url;
let visitor;

async function logIn(visitor, heading) {
  const { page } = visitor;
  await page.goto('/');
  await page.getByLabel('User name').fill(USERNAME);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
}

/** Starts a load as somebody would on the pages of api-access. */
async function startLoad(connection = ORG, count = COUNT) {
  const accounts = await Visitor.arrive(browser, stack);
  await logIn(accounts, 'Accounts');
  await accounts.page.goto('/bulk-demo');
  await accounts.card(connection).getByLabel('Accounts').fill(String(count));
  await accounts.card(connection).getByRole('button', { name: 'Start load' }).click();
  await accounts.card(connection).getByRole('progressbar').waitFor();
  await accounts.leave();
}

/** The page of the only load of a connection. */
async function openLoad({ page }, connection = ORG) {
  await page.goto(`/jobs?org=${connection}`);
  await page.getByRole('link', { name: 'loadAccounts' }).click();
  await page.getByRole('heading', { level: 1, name: `loadAccounts of ${connection}` }).waitFor();
}

before(async () => {
  stack = await Stack.start({ binaries: process.env.BINARIES, connections: [ORG, REFUSING] });
  url = await stack.startDashboard();
  browser = await launch();
  visitor = await Visitor.arrive(browser, { url });
  // Each chunk lasts for seconds.
  await stack.slowness(10_000);
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

const assertSound = (name) => isSound(visitor, `dashboard-${name}`);
const section = (name) => visitor.page.getByRole('region', { name, exact: true });

describe('the dashboard', () => {
  it('asks for a login', async () => {
    await visitor.page.goto('/jobs');
    assert.equal(new URL(visitor.page.url()).pathname, '/login');
    await assertSound('login');
    await logIn(visitor, 'Overview');
    await section('org-job').getByText('No records in the last hour.').waitFor();
    await assertSound('empty');
  });

  it('shows a job, whose page moves without being asked for again', async () => {
    const { page } = visitor;
    await startLoad();
    await section('api-access').getByText('open jobs').waitFor();
    await page.goto('/jobs?which=open');
    await page.getByRole('link', { name: 'loadAccounts' }).click();
    await page.getByRole('heading', { level: 1, name: `loadAccounts of ${ORG}` }).waitFor();
    await page.evaluate(() => (window.untouched = true));
    const figures = () => section('Progress').locator('.figures').first().textContent();
    const first = await figures();
    await page.waitForFunction((first) => document.querySelector('#job .figures').textContent !== first, first);
    assert.ok(await page.evaluate(() => window.untouched), 'the page was not loaded again');
    await assertSound('job');
  });

  it('shows that a worker was killed, and that another one takes its chunks over', async () => {
    const { page } = visitor;
    await page.goto('/workers');
    await section('api-access').getByText('worker.1').waitFor();
    await section('api-access').getByText(/would be busy now/).waitFor();
    await section('api-access').getByText(/MiB/).waitFor();
    await section('api-access').getByRole('link', { name: /^chunk \d+ of my-org/ }).first().waitFor();
    await assertSound('workers');
    await stack.killWorker();
    await section('api-access').getByText('No worker tells of itself.').waitFor();
    await page.goto('/');
    await section('api-access').getByText(/no worker tells of itself/).waitFor();
    await assertSound('no-worker');
    // Its chunks are not lost: the next worker takes them back when their leases have run out.
    await stack.startWorker('worker.2');
    await page.goto('/workers');
    await section('api-access').getByText('worker.2').waitFor();
    assert.equal(await section('api-access').getByText('worker.1').count(), 0);
    await openLoad(visitor);
    const course = section('Chunks over time');
    await course.getByText(/tasks? (was|were) tried again/).waitFor();
    await section('Progress').getByRole('rowheader', { name: 'worker.2' }).waitFor();
    await course.getByText('Tried again', { exact: true }).first().waitFor();
  });

  it('draws the chunks over time, and tells the same in words and as a table', async () => {
    const { page } = visitor;
    const course = section('Chunks over time');
    const picture = course.getByRole('img');
    assert.match(await picture.getAttribute('aria-label'), /^After .+: \d+ of \d+ chunks done.*\.$/);
    const drawn = await picture.locator('path[d]').count();
    assert.ok(drawn >= 4, `${drawn} areas`);
    assert.equal(await course.getByRole('table').count(), 0, 'closed');
    await course.getByText('As a table').click();
    const rows = await course.getByRole('row').count();
    assert.ok(rows >= 3 && rows <= 13, `${rows} rows`);
    // What is open stays open when the page takes over what has changed.
    const words = await picture.getAttribute('aria-label');
    await page.evaluate(() => document.activeElement.blur());
    await page.waitForFunction((words) => document.querySelector('#course svg').ariaLabel !== words, words);
    assert.ok(await course.getByRole('table').isVisible());
    await assertSound('course');
    const html = await page.content();
    assert.ok(html.length < 60_000, `${html.length} characters`);
  });

  it('pauses, resumes and cancels without JavaScript', async () => {
    const plain = await Visitor.arrive(browser, { url }, { javaScriptEnabled: false });
    const { page } = plain;
    await logIn(plain, 'Overview');
    await page.getByRole('link', { name: `Pause… ${ORG}` }).click();
    await page.getByRole('heading', { level: 1, name: `Pause ${ORG}?` }).waitFor();
    await page.getByLabel('Why, for those who ask').fill('an <b>upgrade</b>');
    await page.getByRole('button', { name: 'Pause it' }).click();
    await page.getByText(/paused by operator\.admin: an <b>upgrade<\/b>/).first().waitFor();
    await page.getByRole('link', { name: `Resume… ${ORG}` }).click();
    await page.getByRole('button', { name: 'Let it go on' }).click();
    await page.getByText(`operator.admin resumed ${ORG}`).waitFor();
    await page.goto('/jobs?which=open');
    await page.getByRole('link', { name: 'loadAccounts' }).click();
    await page.getByRole('link', { name: 'Cancel…' }).click();
    await page.getByRole('button', { name: 'Cancel the job' }).click();
    await page.getByText('operator.admin cancelled it').waitFor();
    await plain.leave();
  });

  it('replays dead letters, one without JavaScript and then all', async () => {
    await stack.stopWorker('worker.2');
    await stack.slowness(0);
    await stack.startWorker('worker.3', { MAX_ATTEMPTS: '1' });
    const action = { kind: 'status', status: 400, errorCode: 'FEATURENOTENABLED', message: HOSTILE };
    const fault = { org: REFUSING, method: 'POST', pathContains: '/jobs/ingest', action };
    await stack.org('POST', '/faults', fault);
    await startLoad(REFUSING, 600);
    await openLoad(visitor, REFUSING);
    await section('Dead letters').getByText(HOSTILE).first().waitFor();
    await section('Progress').locator('.pill').getByText(/^(Completed, with failures|Failed)$/).waitFor();
    assert.equal(await visitor.page.locator('main img').count(), 0, 'text of an org is text');
    await assertSound('letters');
    const letters = await section('Dead letters').getByRole('row').count() - 1;
    assert.ok(letters >= 2, `${letters} letters`);
    await stack.org('DELETE', '/faults');

    const plain = await Visitor.arrive(browser, { url }, { javaScriptEnabled: false });
    await logIn(plain, 'Overview');
    await openLoad(plain, REFUSING);
    await plain.page.getByRole('link', { name: /^Replay chunk/ }).first().click();
    await plain.page.getByRole('heading', { level: 1, name: 'Replay one dead letter?' }).waitFor();
    await plain.page.getByRole('button', { name: 'Replay it' }).click();
    await plain.page.getByText('operator.admin put dead letters back').waitFor();
    await plain.leave();

    // The page that was open all the while sees it.
    await section('Dead letters').getByRole('row').nth(letters - 1).waitFor();
    await visitor.page.waitForFunction(
      (rows) => document.querySelectorAll('#letters tbody tr').length === rows,
      letters - 1,
    );
    await visitor.page.getByRole('link', { name: 'Replay all dead letters…' }).click();
    await visitor.page.getByRole('heading', { level: 1, name: 'Replay all dead letters?' }).waitFor();
    await assertSound('ask-job');
    await visitor.page.getByRole('button', { name: 'Replay them' }).click();
    await section('Progress').locator('.pill').getByText('Completed', { exact: true }).waitFor();
    assert.equal((await stack.accounts(REFUSING, "LoadKey__c LIKE 'api-access-load:%'")).length, 600);
    await assertSound('replayed');
  });

  it('finds jobs by pattern, state, org, kind and time, and one by its id', async () => {
    const { page } = visitor;
    const rows = () => section('Jobs').getByRole('rowheader').count();
    const look = async (fields) => {
      await page.goto('/jobs');
      for (const [label, value] of Object.entries(fields)) {
        const field = page.getByLabel(label, { exact: true });
        if (await field.evaluate((element) => element.matches('select'))) await field.selectOption(value);
        else await field.fill(value);
      }
      const loaded = page.waitForEvent('load');
      await page.getByRole('button', { name: 'Show' }).click();
      await loaded;
    };
    await look({ Pattern: 'api-access', State: 'completed', Created: '1', Org: REFUSING, Kind: 'loadAccounts' });
    assert.equal(await rows(), 1);
    const id = await section('Jobs').locator('code').first().textContent();
    for (const fields of [{ State: 'running' }, { Org: 'nobody' }, { Kind: 'other' }, { Pattern: 'org-job' }]) {
      await look(fields);
      await page.getByText('No such jobs').waitFor();
    }
    await look({ State: 'cancelled' });
    assert.equal(await rows(), 1, 'the load of the other org');
    await look({ Job: id });
    await page.getByRole('heading', { level: 1, name: `loadAccounts of ${REFUSING}` }).waitFor();
    assert.equal(new URL(page.url()).pathname, `/jobs/api-access/${id}`);
  });

  it('shows nothing without a login', async () => {
    const stranger = await Visitor.arrive(browser, { url });
    const { pathname } = new URL(visitor.page.url());
    for (const path of ['/', '/jobs', '/workers', pathname, `${pathname}/errors.csv`, `${pathname}/ask?act=cancel`]) {
      await stranger.page.goto(path);
      assert.equal(new URL(stranger.page.url()).pathname, '/login', path);
      assert.doesNotMatch(await stranger.page.content(), /loadAccounts|empty-org|worker\.\d/, path);
    }
    await stranger.leave();
  });

  it('refuses a form of another page, although the browser sends the login with it', async () => {
    const form = `<form method="post" action="${url}/orgs/act"><input name="queue" value="api-access">
      <input name="org" value="${ORG}"><input name="act" value="pause"><input name="minutes" value="5">
      <input name="csrf_token" value="guessed"><button>Win a prize</button></form>`;
    const forger = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(form));
    await new Promise((resolve) => forger.listen(0, '127.0.0.1', resolve));
    const victim = await Visitor.arrive(browser, { url });
    try {
      await logIn(victim, 'Overview');
      const pauses = await victim.page.getByText(/paused by/).count();
      await victim.page.goto(`http://127.0.0.1:${forger.address().port}/`);
      const answer = victim.page.waitForResponse((response) => response.url() === `${url}/orgs/act`);
      await victim.page.getByRole('button', { name: 'Win a prize' }).click();
      assert.equal((await answer).status(), 403);
      await victim.page.goto(`${url}/`);
      assert.equal(await victim.page.getByText(/paused by/).count(), pauses);
    } finally {
      await victim.leave();
      forger.close();
      forger.closeAllConnections();
    }
  });

  it('asks before it acts, also on a narrow screen', async () => {
    await visitor.page.goto(`/orgs/ask?queue=api-access&org=${ORG}&act=pause`);
    await assertSound('ask');
    await visitor.page.goto('/jobs');
    await assertSound('jobs');
  });

  it('shows the records that failed with their reasons, and gives them as a file', async () => {
    const { page } = visitor;
    await stack.refuseDuplicates(ORG, true);
    await stack.startWorker('worker.4');
    await stack.org('POST', `/orgs/${ORG}/records/Account`, { Name: 'Harbour, Stone & Co Logistics 7' });
    const accounts = await Visitor.arrive(browser, stack);
    await logIn(accounts, 'Accounts');
    await accounts.page.goto('/bulk-demo');
    await accounts.reset(ORG);
    await accounts.sees(ORG, 'Start load');
    await accounts.startLoad(ORG, 30);
    await accounts.sees(ORG, 'Loaded, with failures');
    await accounts.leave();
    await page.goto(`/jobs?org=${ORG}&kind=loadAccounts&which=completed`);
    await page.getByRole('link', { name: 'loadAccounts' }).first().click();
    await page.locator('#errors').getByText('DUPLICATES_DETECTED').first().waitFor();
    await assertSound('job-errors');
    await page.goto(`${new URL(page.url()).pathname}/errors`);
    await page.getByText('DUPLICATES_DETECTED').first().waitFor();
    await assertSound('errors');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: /CSV/ }).click();
    assert.match((await download).suggestedFilename(), /^errors-[0-9a-f-]{36}\.csv$/);
    await stack.refuseDuplicates(ORG, false);
  });

  it('has no page that was not looked at', () => {
    const none = { '/live': 'a stream of events', '/jobs/{queue}/{id}/errors.csv': 'a file' };
    assertAllLookedAt(url, routes('services/dashboard/web/src', 'shared/web/src/login'), none);
  });
});

describe('the console of local-org', () => {
  let jobs;
  let dashboard;

  before(async () => {
    jobs = await Stack.startPattern({ binaries: process.env.BINARIES, pattern: 'org-job' });
    dashboard = await jobs.startDashboard({ AUTH: 'none' });
    await jobs.startWorker();
  });

  after(() => jobs?.stop());

  it('leads from a Quote to the job that made it, and says of one of no job that there is none', async () => {
    await jobs.org('POST', `/orgs/${ORG}/seed`, { opportunities: 3, lines: 1 });
    const { records } = await jobs.rest(ORG, 'GET', '/query?q=SELECT+Id+FROM+Opportunity+LIMIT+1');
    const digest = { Name: 'By hand', OpportunityId: records[0].Id, QuoteJobKey__c: `${'5f0c1a52'.repeat(4)}:${records[0].Id}` };
    await jobs.rest(ORG, 'POST', '/sobjects/Quote', digest);
    const id = await jobs.executeBatch();
    const reader = await Visitor.arrive(browser, { url: jobs.orgUrl });
    await reader.page.goto(`/console/orgs/${ORG}`);
    const links = reader.page.locator('#records a[href*="/jobs?id="]');
    await links.nth(2).waitFor();
    assert.equal(await links.count(), 3, 'not the one by hand');
    const sought = reader.page.locator('#records a[href*="/jobs?quote="]');
    assert.equal(await sought.count(), 1);
    await isSound(reader, 'console-jobs');
    await links.first().click();
    await reader.page.waitForURL(`${dashboard}/jobs/org-job/${id}`);
    await reader.page.getByRole('heading', { level: 1, name: /^generateQuotes? of / }).waitFor();
    await reader.page.goBack();
    await sought.click();
    await reader.page.getByText('asked for at once').waitFor();
    await reader.leave();
  });
});
