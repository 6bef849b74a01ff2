// Somebody who uses the pages in Chromium, and notes whatever the browser complains about.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { PASSWORD, USERNAME } from './stack.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The rules of axe that look at colours. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

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
    // A machine may be busy.
    visitor.context.setDefaultTimeout(60_000);
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

  /** Follows a link of a card to the page that asks, and says yes there. */
  async confirm(connection, link, yes) {
    await this.card(connection).getByRole('link', { name: link }).click();
    await this.page.getByRole('button', { name: yes }).click();
  }

  /** Deletes what a load has made. */
  async reset(connection) {
    await this.confirm(connection, 'Reset', 'Delete them');
  }

  /** Waits until a card has this text; nothing is reloaded but by the page itself. */
  async sees(connection, text) {
    await this.card(connection).getByText(text).first().waitFor({ timeout: 60_000 });
  }

  /** Problems of accessibility that axe finds, in words; of colours alone, where only they have changed. */
  async barriers(coloursOnly = false) {
    await this.page.evaluate(AXE);
    const options = { resultTypes: ['violations'], ...(coloursOnly && { runOnly: COLOUR_RULES }) };
    const { violations } = await this.page.evaluate((options) => globalThis.axe.run(document, options), options);
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  /** Pixels by which the page is wider than the window. */
  overflow() {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  /** What is wider than its place, and so is cut off or has to be moved sideways: the element and its text, in words. */
  cut() {
    return this.page.evaluate(() => {
      const hidden = (element) => getComputedStyle(element).clipPath !== 'none' || element.closest('thead');
      const moves = ({ overflowX }) => overflowX !== 'visible';
      const wide = [...document.body.querySelectorAll('*')].filter(
        (element) =>
          element.scrollWidth > element.clientWidth + 1 &&
          moves(getComputedStyle(element)) &&
          !element.matches('input, button, progress') &&
          !hidden(element),
      );
      return wide.map((element) => `${element.tagName} ${element.id || element.className}: ${element.textContent.trim().slice(0, 60)}`);
    });
  }

  /** Words that are taken apart, although they would fit a line of the window. */
  broken() {
    return this.page.evaluate(() => {
      const range = document.createRange();
      const bottom = (text, index) => {
        range.setStart(text, index);
        range.setEnd(text, index + 1);
        return range.getBoundingClientRect().bottom;
      };
      // A word may well go on in the next line behind a hyphen or a slash.
      const apart = (text, start, end) => {
        if (bottom(text, end - 1) <= bottom(text, start) + 4) return false;
        for (let index = start + 1; index < end; index++) {
          const falls = bottom(text, index) > bottom(text, index - 1) + 4;
          if (falls && !'-–/:·'.includes(text.data[index - 1])) return true;
        }
        return false;
      };
      const broken = [];
      const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const text = texts.currentNode;
        if (text.parentElement.closest('pre, .hidden, noscript')) continue;
        for (const { 0: word, index } of text.data.matchAll(/\S{2,24}(?!\S)/g)) {
          // The end of a longer one.
          if (index > 0 && /\S/.test(text.data[index - 1])) continue;
          if (apart(text, index, index + word.length)) broken.push(word);
        }
      }
      return broken;
    });
  }

  /** Whether the page has an icon that is there. */
  async icon() {
    const href = await this.page.locator('link[rel=icon]').getAttribute('href');
    const answer = await this.page.request.get(new URL(href, this.page.url()).href);
    return answer.ok() && answer.headers()['content-type'].startsWith('image/');
  }

  async leave() {
    await this.context.close();
  }
}
