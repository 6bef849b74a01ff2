// The dashboard as operators use it, beside api-access, whose loads are what it shows: bin/check-pages runs this.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertSound as isSound } from './sound.js';
import { PASSWORD, Stack, USERNAME } from './stack.js';
import { Visitor, launch } from './visitor.js';

const ORG = 'my-org';
const COUNT = 4_000;

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
async function startLoad() {
  const accounts = await Visitor.arrive(browser, stack);
  await logIn(accounts, 'Accounts');
  await accounts.page.goto('/bulk-demo');
  await accounts.card(ORG).getByLabel('Accounts').fill(String(COUNT));
  await accounts.card(ORG).getByRole('button', { name: 'Start load' }).click();
  await accounts.card(ORG).getByRole('progressbar').waitFor();
  await accounts.leave();
}

before(async () => {
  stack = await Stack.start({ binaries: process.env.BINARIES, connections: [ORG] });
  url = await stack.startDashboard();
  browser = await launch();
  visitor = await Visitor.arrive(browser, { url });
  // The load lasts for more than half a minute, so that it is still there when its worker has gone.
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

  it('shows the worker with its tasks, and that it is gone', async () => {
    const { page } = visitor;
    await page.goto('/workers');
    await section('api-access').getByText('worker.1').waitFor();
    await section('api-access').getByText(/would be busy now/).waitFor();
    await assertSound('workers');
    await stack.stopWorker();
    await section('api-access').getByText('No worker tells of itself.').waitFor();
    await page.goto('/');
    await section('api-access').getByText(/no worker tells of itself/).waitFor();
    await assertSound('no-worker');
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

  it('asks before it acts, also on a narrow screen', async () => {
    await visitor.page.goto(`/orgs/ask?queue=api-access&org=${ORG}&act=pause`);
    await assertSound('ask');
    await visitor.page.goto('/jobs');
    await assertSound('jobs');
  });
});
