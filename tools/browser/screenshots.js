// Takes the pictures of the README: `node screenshots.js FOLDER`. bin/screenshots calls it.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bustle } from './bustle.js';
import { Stack } from './stack.js';
import { Visitor, launch } from './visitor.js';

/** Largest picture that is worth its place in the repository, in bytes. */
const MOST = 220_000;

const ORG = 'my-org';
const CONNECTIONS = [ORG, 'my-org-sales-a', 'empty-org', 'retired-org'];
const WINDOW = { width: 1100, height: 1000 };
/** Opportunities of the job in the dashboard's pictures. */
const OPPORTUNITIES = 4_000;

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const stack = await Stack.start({ binaries: process.env.BINARIES, connections: CONNECTIONS });
const browser = await launch();
const visitor = await Visitor.arrive(browser, stack, { viewport: WINDOW, colorScheme: 'light' });

/** Takes a picture of the upper part of the page. */
async function take(name, height, { page } = visitor, width = WINDOW.width) {
  const path = join(folder, `${name}.png`);
  await page.setViewportSize({ width, height });
  // A button leads back to its card, further down.
  await page.evaluate(() => scrollTo(0, 0));
  // Nothing that is in motion, no caret.
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  const { size } = statSync(path);
  console.log(`${path}  ${size} bytes`);
  if (size > MOST) throw new Error(`${path} has more than ${MOST} bytes`);
}

try {
  await visitor.logIn();
  await visitor.startLoad('my-org-sales-a', 3_000);
  await visitor.sees('my-org-sales-a', '3,000 of 3,000 loaded');
  await visitor.page.goto('/');
  await take('accounts-light', 1_000);
  await visitor.page.emulateMedia({ colorScheme: 'dark' });
  await take('accounts-dark', 1_000);
  await visitor.page.emulateMedia({ colorScheme: 'light' });

  await stack.slowness(1_500);
  await visitor.startLoad(ORG, 4_000);
  await visitor.page.waitForFunction(() => document.querySelector('#load-my-org progress').value >= 1_600);
  await take('load-running', 760);
  await stack.slowness(0);
  await visitor.sees(ORG, '4,000 of 4,000 loaded');
  const loaded = (await stack.accounts(ORG, "LoadKey__c LIKE 'api-access-load:%'")).slice(0, 12);
  await visitor.reset(ORG);
  await visitor.sees(ORG, 'Start load');

  // Twelve that are there already under the same names.
  for (const { Name } of loaded) await stack.org('POST', `/orgs/${ORG}/records/Account`, { Name });
  await stack.refuseDuplicates(ORG, true);
  await visitor.startLoad(ORG, 1_000);
  await visitor.sees(ORG, 'Loaded, with failures');
  await take('failures', 900);

  // The console of a local-org of its own, with nothing of the above in it.
  const orgStack = await Stack.startOrg({ binaries: process.env.BINARIES });
  try {
    await bustle(orgStack, ORG);
    const watcher = await Visitor.arrive(browser, orgStack, { viewport: WINDOW, colorScheme: 'light' });
    await watcher.page.goto(`/console/orgs/${ORG}`);
    await watcher.page.locator('#notifications li').first().waitFor();
    await take('console', 950, watcher);
  } finally {
    await orgStack.stop();
  }
  await takeDashboard();
} finally {
  await browser.close();
  await stack.stop();
}

/** The dashboard while a job runs: some tasks are tried again, one is given up, and a worker is killed. */
async function takeDashboard() {
  const jobs = await Stack.startPattern({ binaries: process.env.BINARIES, pattern: 'org-job' });
  try {
    const url = await jobs.startDashboard({ AUTH: 'none', DASHBOARD_QUEUES: 'org-job,api-access' });
    await jobs.org('POST', `/orgs/${ORG}/seed`, { opportunities: OPPORTUNITIES, lines: 2 });
    await jobs.org('PUT', '/costs', { callMs: 400, rowUs: 300 });
    const variables = { MAX_ATTEMPTS: '3', WORKER_CONCURRENCY: '3' };
    for (const name of ['worker.1', 'worker.2', 'worker.3']) await jobs.startWorker(name, variables);
    const operator = await Visitor.arrive(browser, { url }, { viewport: WINDOW, colorScheme: 'light' });
    const { page } = operator;
    const id = await jobs.executeBatch();
    await page.goto(`/jobs/org-job/${id}`);
    const done = (records) =>
      page.waitForFunction((records) => document.querySelector('#job progress').value >= records, records, { timeout: 120_000 });
    await done(400);
    const action = { kind: 'status', status: 400, errorCode: 'INVALID_FIELD', message: 'No such column GrandTotal__c on entity Quote' };
    await jobs.org('POST', '/faults', { org: ORG, pathContains: '/composite/graph', times: 4, action });
    await done(1_400);
    await jobs.killWorker('worker.3');
    await page.getByText(/tried again/).first().waitFor({ timeout: 60_000 });
    await done(2_600);
    await page.getByRole('button', { name: 'Live' }).click();
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await take(`dashboard-job-${colorScheme}`, 1_230, operator, 1_000);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await take('dashboard-job-phone', 1_300, operator, 390);
    await page.goto('/');
    await page.getByText('open jobs').first().waitFor();
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await take(`dashboard-overview-${colorScheme}`, 800, operator);
    }
  } finally {
    await jobs.stop();
  }
}
