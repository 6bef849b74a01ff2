// Somebody who uses the pages in Chromium, and notes whatever the browser complains about.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { PASSWORD, USERNAME } from './stack.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 844 };

/** Chromium without a window, and without calls of its own to the network. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

export class Visitor {
  /** What the browser complained about, in words. */
  complaints = [];

  /** Opens a page in a context of its own. `options` are those of Playwright's `newContext`. */
  static async arrive(browser, stack, options = {}) {
    const visitor = new Visitor();
    visitor.context = await browser.newContext({ baseURL: stack.url, viewport: DESKTOP, ...options });
    visitor.page = await visitor.context.newPage();
    visitor.#listen(stack.url);
    return visitor;
  }

  #listen(url) {
    const complain = (text) => this.complaints.push(text);
    // Violations of the content security policy are said on the console, too.
    this.page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complain(`console: ${message.text()}`);
    });
    this.page.on('pageerror', (error) => complain(`script: ${error.message}`));
    this.page.on('request', (request) => {
      if (!request.url().startsWith(url)) complain(`asked elsewhere: ${request.url()}`);
    });
    this.page.on('response', (response) => {
      if (response.status() >= 400) complain(`${response.status()}: ${response.url()}`);
    });
  }

  async logIn() {
    const { page } = this;
    await page.goto('/');
    await page.getByLabel('User name').fill(USERNAME);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor();
  }

  /** The card of a connection on the present page. */
  card(connection) {
    return this.page.getByRole('region', { name: connection, exact: true });
  }

  /** Starts a load from the page of the loads, by keyboard. */
  async startLoad(connection, count) {
    await this.page.goto('/bulk-demo');
    const field = this.card(connection).getByLabel('Accounts');
    await field.fill(String(count));
    await field.press('Enter');
    await this.card(connection).getByRole('progressbar').waitFor();
  }

  /** Presses a button of a card. */
  async press(connection, name) {
    await this.card(connection).getByRole('button', { name }).click();
  }

  /** Waits until a card has this text; nothing is reloaded but by the page itself. */
  async sees(connection, text) {
    await this.card(connection).getByText(text).first().waitFor({ timeout: 60_000 });
  }

  /** Problems of accessibility that axe finds, in words. */
  async barriers() {
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  /** Pixels by which the page is wider than the window. */
  overflow() {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  async leave() {
    await this.context.close();
  }
}
