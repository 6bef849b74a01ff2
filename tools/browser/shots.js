// Pictures of pages. With PICTURES set, every page that the checks open is kept in that folder, in four forms.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DESKTOP, PHONE } from './visitor.js';

const FORMS = [
  ['desktop', 'light', DESKTOP],
  ['desktop', 'dark', DESKTOP],
  ['phone', 'light', PHONE],
  ['phone', 'dark', PHONE],
];

/** Calls `look` with the present page in each form: width and colours. Nothing is reloaded. */
export async function inEveryForm(visitor, look) {
  for (const [width, colorScheme, viewport] of FORMS) {
    await visitor.page.setViewportSize(viewport);
    await visitor.page.emulateMedia({ colorScheme });
    await look(`${width}-${colorScheme}`);
  }
  await visitor.page.setViewportSize(DESKTOP);
  await visitor.page.emulateMedia({ colorScheme: null });
}

/** Keeps a picture of the whole page, when pictures are wanted. */
export async function keep(visitor, name) {
  const folder = process.env.PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await visitor.page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
