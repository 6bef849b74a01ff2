// The page of the operations (`/docs`) of every web process that has one, and the example requests on it, which are sent:
// bin/check-pages runs this.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { assertSound } from './sound.js';
import { Stack, TOKEN } from './stack.js';
import { Visitor, launch } from './visitor.js';

const ORG = 'my-org';
/** The Opportunity of the examples. */
const OPPORTUNITY = '006R0000003FPYxIAO';
/** What an example is answered with: done, accepted, or not in this state of the job. */
const TAKEN = ['200', '202', '204', '409'];

const run = promisify(execFile);
let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

/** Example texts of the page by the name of what they show, in their order. */
async function examples(page) {
  const shown = await page.locator('.example').evaluateAll((elements) =>
    elements.map(({ dataset, textContent }) => [dataset.example, textContent]),
  );
  return new Map(shown);
}

/** The variables of the examples, with the values of a real session in place of those to be filled in. */
async function filledIn(stack, setting) {
  const [org] = (await stack.org('GET', '/orgs')).filter(({ name }) => name === ORG);
  const { username } = org.users[0];
  const { accessToken } = await stack.org('POST', `/orgs/${ORG}/sessions`, { user: username });
  const soql = new URLSearchParams({ q: `SELECT Id FROM User WHERE Username = '${username}'` });
  const [user] = (await stack.rest(ORG, 'GET', `/query?${soql}`)).records;
  return setting
    .replace("the user's session in the org", accessToken)
    .replace('00D...', org.id)
    .replace('https://my-domain.my.salesforce.com', stack.orgUrl)
    .replace('005...', user.Id)
    .replace('user@example.com', username)
    .replace("'the token'", `'${TOKEN}'`);
}

/** Sends an example as it is, in a shell: status and body of the answer. */
async function send(setting, example, id) {
  const script = [
    'curl() { command curl --silent --max-time 30 --write-out "\\n%{http_code}" "$@"; }',
    setting,
    `export ID=${id}`,
    example,
  ];
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script.join('\n')]);
  const end = stdout.lastIndexOf('\n');
  return { body: stdout.slice(0, end), status: stdout.slice(end + 1) };
}

for (const pattern of ['org-action', 'org-job', 'eventing']) {
  describe(`the operations of ${pattern}`, () => {
    let stack;
    let visitor;

    before(async () => {
      stack = await Stack.startPattern({ binaries: process.env.BINARIES, pattern });
      visitor = await Visitor.arrive(browser, stack, { permissions: ['clipboard-read', 'clipboard-write'] });
    });

    after(async () => {
      await visitor?.leave();
      await stack?.stop();
    });

    it('are shown, at any width, with an example request each', async () => {
      const { page } = visitor;
      await page.goto('/docs');
      await assertSound(visitor, `docs-${pattern}`);
      assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
      assert.doesNotMatch(await page.locator('body').innerText(), /`[^`\n]+`/, 'code that is not shown as code');
      const operations = await page.locator('article').evaluateAll((articles) => articles.map(({ id }) => id));
      const shown = await examples(page);
      assert.ok(operations.length >= 4, operations.join());
      assert.deepEqual([...shown.keys()], ['the variables', ...operations]);
      assert.match(shown.get('the variables'), new RegExp(`^export APP_URL=${stack.url}$`, 'm'));
    });

    it('have examples that can be copied', async () => {
      const { page } = visitor;
      const [, [name, text]] = await examples(page);
      const button = page.getByRole('button', { name: `Copy the example of ${name}`, exact: true });
      await button.focus();
      await page.keyboard.press('Enter');
      await page.locator('#announcer').getByText('Copied').waitFor({ state: 'attached' });
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text);
    });

    it('have examples that are taken as they are', async () => {
      await stack.org('POST', `/orgs/${ORG}/seed`, { opportunities: 1, lines: 2 });
      const { records } = await stack.rest(ORG, 'GET', '/query?q=SELECT+Id+FROM+Opportunity+LIMIT+1');
      const [[, setting], ...all] = await examples(visitor.page);
      const variables = await filledIn(stack, setting);
      const ours = ([name, text]) => [
        name,
        text.replaceAll(OPPORTUNITY, records[0].Id).replaceAll('https://my-domain.my.salesforce.com', stack.orgUrl),
      ];
      // Those first that answer with a job, for those that want one.
      const sorted = all.map(ours).sort(([, one], [, other]) => one.includes('$ID') - other.includes('$ID'));
      let id = 'none';
      const refused = [];
      for (const [name, text] of sorted) {
        const { status, body } = await send(variables, text, id);
        if (!TAKEN.includes(status)) refused.push(`${name}: ${status} ${body}`);
        id = /"jobId":"([\w-]+)"/.exec(body)?.[1] ?? id;
      }
      assert.deepEqual(refused, []);
    });

    it('are there without JavaScript', async () => {
      const plain = await Visitor.arrive(browser, stack, { javaScriptEnabled: false });
      await plain.page.goto('/docs');
      assert.equal(await plain.page.getByRole('button').count(), 0);
      await plain.page.locator('.example').first().waitFor();
      assert.deepEqual(plain.complaints, []);
      await plain.leave();
    });
  });
}
