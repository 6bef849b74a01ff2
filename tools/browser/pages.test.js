// The pages of api-access as people use them, one step after the other: bin/check-pages runs this.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertAllLookedAt, routes } from './routes.js';
import { assertSound as isSound } from './sound.js';
import { Stack } from './stack.js';
import { Visitor, launch } from './visitor.js';

const ORG = 'my-org';
/** A name that AppLink does not know. */
const UNKNOWN = 'retired-org';
const CONNECTIONS = [ORG, 'my-org-sales-a', 'empty-org', UNKNOWN];
const COUNT = 4_000;

let stack;
let browser;
let visitor;
let seeded;

before(async () => {
  stack = await Stack.start({ binaries: process.env.BINARIES, connections: CONNECTIONS });
  browser = await launch();
  visitor = await Visitor.arrive(browser, stack);
  seeded = (await stack.accounts(ORG)).length;
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

const assertSound = (name) => isSound(visitor, name);

/** What has the keyboard's focus, one after the other, from the top of the page. */
async function tabThrough(page, steps) {
  const names = [];
  await page.evaluate(() => document.activeElement?.blur());
  for (let step = 0; step < steps; step++) {
    await page.keyboard.press('Tab');
    names.push(
      await page.evaluate(() => {
        const { activeElement: element } = document;
        const seen = getComputedStyle(element).outlineStyle !== 'none';
        const label = element.labels?.[0]?.textContent ?? element.textContent;
        return `${label.trim()}${seen ? '' : ' (focus not visible)'}`;
      }),
    );
  }
  return names;
}

describe('the pages of api-access', () => {
  it('ask for a login, and refuse a wrong one', async () => {
    const { page } = visitor;
    await page.goto('/bulk-demo');
    assert.equal(new URL(page.url()).pathname, '/login');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'username');
    await assertSound('login');
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    // The browser itself says on the console that this answer was a 401.
    assert.match(visitor.complaints.splice(0).join('\n'), /^(.*401.*\n?){2}$/);
    assert.equal(await page.getByLabel('User name').inputValue(), 'admin', 'the name is kept');
    assert.equal(await page.getByLabel('Password').inputValue(), '', 'the password is not');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'password');
    await assertSound('login-refused');
  });

  it('show the accounts of all orgs, and why one has none', async () => {
    const { page } = visitor;
    await visitor.logIn();
    for (const connection of CONNECTIONS) await visitor.card(connection).waitFor();
    await visitor.sees(ORG, `${seeded} accounts`);
    await visitor.sees('empty-org', 'This org has no accounts yet.');
    await visitor.sees(UNKNOWN, /no authorization named/);
    for (const landmark of ['banner', 'main', 'search']) await page.getByRole(landmark).waitFor();
    await page.getByRole('navigation', { name: 'Pages', exact: true }).waitFor();
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
    await assertSound('accounts');
    const focused = await tabThrough(page, 8);
    const expected = ['Skip to content', 'AppLink Accounts', 'Accounts', 'Bulk load', 'Log out'];
    assert.deepEqual(focused, [...expected, 'Search all orgs by account name', 'Search', ORG]);
  });

  it('search, by keyboard alone', async () => {
    const { page } = visitor;
    await page.getByLabel('Search all orgs by account name').fill('no such account');
    await page.keyboard.press('Enter');
    await visitor.sees(ORG, 'No account of this org has “no such account” in its name.');
    await assertSound('accounts-none-found');
    await page.getByRole('link', { name: 'Show all' }).click();
    await visitor.sees(ORG, `${seeded} accounts`);
  });

  it('say in plain words that an org cannot be reached, with those of the program behind them', async () => {
    const { page } = visitor;
    const fault = { pathContains: '/composite', times: 20, org: ORG, action: { kind: 'dropBefore' } };
    await stack.org('POST', '/faults', fault);
    await page.goto(`/accounts?connection=${ORG}`);
    await visitor.sees(ORG, 'The org could not be reached');
    const shown = await visitor.card(ORG).innerText();
    assert.doesNotMatch(shown, /composite/i, 'a word of the program');
    await visitor.card(ORG).getByText('What the program says').click();
    assert.match(await visitor.card(ORG).innerText(), /composite/, 'it stands behind');
    await assertSound('accounts-unreachable');
    await stack.org('DELETE', '/faults');
  });

  it('offer a load, but where there can be none', async () => {
    await visitor.page.getByRole('link', { name: 'Bulk load' }).click();
    await visitor.sees(ORG, 'Nothing loaded');
    await visitor.sees(UNKNOWN, 'Not available');
    await visitor.sees(UNKNOWN, /no authorization named/);
    assert.equal(await visitor.card(UNKNOWN).getByText('No sample accounts').count(), 0);
    assert.equal(await visitor.card(UNKNOWN).getByRole('button').count(), 0);
    await assertSound('loads-empty');
  });

  it('say that no worker runs, and go on when one does', async () => {
    const { page } = visitor;
    await stack.stopWorker();
    await page.goto('/bulk-demo');
    await visitor.startLoad('empty-org', 20);
    await visitor.sees('empty-org', 'No worker runs');
    await visitor.sees('empty-org', /No worker is running: none was heard of for \d+ s/);
    await visitor.sees('empty-org', /heroku ps:scale worker=1/);
    await assertSound('loads-no-worker');
    // It is told how long that has been so far, without reloading.
    await visitor.sees('empty-org', /none was heard of for [5-9] s/);
    await stack.startWorker();
    await visitor.sees('empty-org', '20 of 20 loaded');
    await visitor.reset('empty-org');
    await visitor.sees('empty-org', '20 accounts deleted');
  });

  it('show a load whose bar moves without reloading', async () => {
    const { page } = visitor;
    await stack.slowness(1_500);
    await visitor.startLoad(ORG, COUNT);
    const bar = visitor.card(ORG).getByRole('progressbar');
    // Noted in the page itself; a reload would forget it.
    await page.evaluate(() => {
      globalThis.noted = [];
      setInterval(() => {
        const { value } = document.querySelector('#load-my-org progress');
        if (globalThis.noted.at(-1) !== value) globalThis.noted.push(value);
      }, 20);
    });
    await page.waitForFunction(() => document.querySelector('#load-my-org progress').value >= 800);
    await assertSound('loads-running');
    await stack.slowness(0);
    await visitor.card(ORG).getByText('Loaded', { exact: true }).waitFor({ timeout: 60_000 });
    assert.equal(await bar.evaluate((element) => element.value), COUNT);
    const noted = await page.evaluate(() => globalThis.noted);
    assert.ok(noted.length >= 4, `the bar stood at ${noted} only`);
    assert.deepEqual(noted, [...noted].sort((a, b) => a - b), 'the bar goes back');
    await visitor.sees(ORG, '4,000 of 4,000 loaded');
    assert.match(await page.locator('#announcer').textContent(), /my-org: Loaded/);
    await assertSound('loads-done');
  });

  it('show the rows of the load', async () => {
    const { page } = visitor;
    await visitor.card(ORG).getByRole('link', { name: 'See the accounts' }).click();
    await visitor.sees(ORG, `${(COUNT + seeded).toLocaleString('en')} accounts`);
    await page.getByRole('link', { name: 'Next' }).click();
    await visitor.sees(ORG, `51–100 of ${(COUNT + seeded).toLocaleString('en')}`);
    await assertSound('accounts-of-one');
    assert.equal((await stack.accounts(ORG, "LoadKey__c LIKE 'api-access-load:%'")).length, COUNT);
  });

  it('take a load back, and nothing else', async () => {
    const { page } = visitor;
    await page.goto('/bulk-demo');
    const loaded = "LoadKey__c LIKE 'api-access-load:%'";
    await visitor.card(ORG).getByRole('link', { name: 'Reset' }).click();
    await page.getByRole('heading', { level: 1, name: `Delete the accounts of ${ORG}?` }).waitFor();
    await page.getByText('4,000 accounts').waitFor();
    await assertSound('loads-reset-asks');
    await page.getByRole('link', { name: 'Keep them' }).click();
    await visitor.sees(ORG, '4,000 of 4,000 loaded');
    assert.equal((await stack.accounts(ORG, loaded)).length, COUNT, 'asking deletes nothing');
    await visitor.reset(ORG);
    await visitor.sees(ORG, 'The last load was reset: 4,000 accounts deleted.');
    assert.equal((await stack.accounts(ORG)).length, seeded);
    await assertSound('loads-reset');
  });

  it('show failures with their reasons', async () => {
    const { page } = visitor;
    await visitor.startLoad(ORG, 300);
    await visitor.sees(ORG, '300 of 300 loaded');
    const names = (await stack.accounts(ORG, "LoadKey__c LIKE 'api-access-load:%'")).map(({ Name }) => Name);
    await visitor.reset(ORG);
    await visitor.sees(ORG, 'Start load');
    for (let index = 0; index < names.length; index += 25) {
      await stack.org('POST', `/orgs/${ORG}/records/Account`, { Name: names[index] });
    }
    await stack.refuseDuplicates(ORG, true);
    await visitor.startLoad(ORG, 300);
    await visitor.sees(ORG, 'Loaded, with failures');
    await visitor.sees(ORG, '12 accounts failed');
    await visitor.sees(ORG, 'DUPLICATES_DETECTED');
    await assertSound('loads-failures');
    await page.getByRole('link', { name: 'All failures' }).click();
    await page.getByRole('heading', { level: 1, name: `Failures of ${ORG}` }).waitFor();
    assert.equal(await page.getByRole('row').count(), 13);
    await assertSound('failures');
    await page.getByRole('link', { name: 'Back to the load' }).click();
    await visitor.reset(ORG);
    await visitor.sees(ORG, '288 accounts deleted');
    await stack.refuseDuplicates(ORG, false);
  });

  it('cancel a load', async () => {
    await stack.slowness(3_000);
    await visitor.startLoad('my-org-sales-a', 20_000);
    await visitor.card('my-org-sales-a').getByRole('link', { name: 'Cancel' }).click();
    await visitor.page.getByRole('heading', { level: 1, name: 'Stop the load of my-org-sales-a?' }).waitFor();
    await assertSound('loads-cancel-asks');
    await visitor.page.getByRole('button', { name: 'Stop it' }).click();
    await visitor.sees('my-org-sales-a', 'Cancelled');
    await stack.slowness(0);
    await assertSound('loads-cancelled');
    await visitor.reset('my-org-sales-a');
    await visitor.sees('my-org-sales-a', 'Start load');
  });

  it('say what went wrong', async () => {
    await visitor.page.goto('/nowhere');
    assert.match(visitor.complaints.splice(0).join('\n'), /^(.*404.*\n?){2}$/);
    await assertSound('not-found');
  });

  it('work without JavaScript', async () => {
    const plain = await Visitor.arrive(browser, stack, { javaScriptEnabled: false });
    await plain.logIn();
    const reloadUntil = async (text) => {
      const end = Date.now() + 60_000;
      while ((await plain.card('empty-org').getByText(text).count()) === 0) {
        assert.ok(Date.now() < end, `the page does not say ${text}`);
        await plain.page.getByRole('link', { name: 'Reload it' }).click();
      }
    };
    await plain.startLoad('empty-org', 50);
    assert.equal(await plain.page.locator('meta[http-equiv]').count(), 0, 'a page that reloads by itself cannot be read');
    await reloadUntil('50 of 50 loaded');
    // Its last step may still be due.
    await reloadUntil('Reset: delete them');
    await plain.reset('empty-org');
    await reloadUntil('50 accounts deleted');
    assert.deepEqual(plain.complaints, []);
    await plain.leave();
  });

  it('end the session with the logout', async () => {
    const { page } = visitor;
    await page.goto('/');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
    await page.goto('/');
    assert.equal(new URL(page.url()).pathname, '/login');
    assert.deepEqual(visitor.complaints, []);
  });

  it('say that nothing can be loaded while Redis is away', async () => {
    const { page } = visitor;
    await visitor.logIn();
    await stack.stopRedis();
    await page.goto('/bulk-demo');
    await page.getByRole('heading', { level: 1, name: 'Not available' }).waitFor();
    assert.match(visitor.complaints.splice(0).join('\n'), /^(.*503.*\n?)+$/);
    await assertSound('not-available');
  });

  it('are all of them', () => {
    assertAllLookedAt(stack.url, routes('services/api-access/web/src', 'shared/web/src/login'), {});
  });
});
