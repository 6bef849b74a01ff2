// What holds for every page, whatever the width and the colours.
import assert from 'node:assert/strict';
import { note } from './routes.js';
import { inEveryForm, keep } from './shots.js';

/** No complaint of the browser, no barrier, nothing that sticks out or is cut, no word taken apart, and an icon. */
export async function assertSound(visitor, name) {
  await inEveryForm(visitor, async (form) => {
    await keep(visitor, `${name}-${form}`);
    // Dark is the same page as light in other colours.
    const isDark = form.endsWith('dark');
    assert.deepEqual(await visitor.barriers(isDark), [], `${name}, ${form}: barriers`);
    if (isDark) return;
    assert.equal(await visitor.overflow(), 0, `${name}, ${form}: wider than the window`);
    assert.deepEqual(await visitor.cut(), [], `${name}, ${form}: cut off`);
    assert.deepEqual(await visitor.broken(), [], `${name}, ${form}: words taken apart`);
  });
  note(visitor);
  assert.ok(await visitor.icon(), `${name}: an icon`);
  assert.deepEqual(visitor.complaints, [], `${name}: complaints of the browser`);
}
