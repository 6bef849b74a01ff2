// The console of local-org as people use it: bin/check-pages runs this.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bustle, complete } from './bustle.js';
import { inEveryForm, keep } from './shots.js';
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

/** No complaint of the browser, no barrier, nothing that sticks out, whatever the width and the colours. */
async function assertSound(name) {
  await inEveryForm(visitor, async (form) => {
    await keep(visitor, `console-${name}-${form}`);
    assert.deepEqual(await visitor.barriers(), [], `${name}, ${form}: barriers`);
    assert.equal(await visitor.overflow(), 0, `${name}, ${form}: wider than the window`);
    assert.deepEqual(await cut(), [], `${name}, ${form}: wider than its card`);
  });
  assert.deepEqual(visitor.complaints, [], `${name}: complaints of the browser`);
}

/** Cards whose content is wider than they are, and so is cut off. */
function cut() {
  return visitor.page.evaluate(() => {
    const cards = [...document.querySelectorAll('.card')];
    return cards.filter((card) => card.scrollWidth > card.clientWidth).map(({ id }) => id);
  });
}

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
});
