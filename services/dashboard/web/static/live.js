// Keeps the page fresh while it is looked at: the server says when something has changed, and the page asks for itself again
// and takes over the parts that differ. What the reader is busy with, because it has the focus or is selected, is left alone.
// Without this script the page stands still, and says so.
const button = document.getElementById('live');
const trouble = document.getElementById('trouble');
const main = document.getElementById('main');
const OLD = 'No answer; what is shown is old';

let asking = false;
let missed = false;

const isLive = () => button.getAttribute('aria-pressed') === 'true';

/** Leaves open in the new part what the reader has opened in the old one. */
function keepOpen(part, next) {
  for (const { id } of part.querySelectorAll('details[open]')) {
    const details = [...next.querySelectorAll('details')].find((one) => one.id === id);
    if (details) details.open = true;
  }
}

/** Whether the reader has the focus in a part, or has selected some of it. */
function isBusy(part) {
  const { activeElement } = document;
  if (activeElement !== main && part.contains(activeElement)) return true;
  const selection = getSelection();
  return !selection.isCollapsed && selection.containsNode(part, true);
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
  // The login has ended: the browser shows the form.
  if (answer.redirected) location.reload();
  if (!answer.ok || answer.redirected) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (!isLive()) return;
  // A part that was not there yet, such as the first errors, comes behind the one before it.
  let before;
  for (const next of page.querySelectorAll('[data-live]')) {
    const part = document.getElementById(next.id);
    const imported = document.importNode(next, true);
    if (!part) before?.after(imported);
    else {
      keepOpen(part, imported);
      if (!part.isEqualNode(imported) && !isBusy(part)) part.replaceWith(imported);
    }
    before = document.getElementById(next.id);
  }
}

/** One look at a time: what changes meanwhile is looked at right after. */
async function look() {
  if (!isLive() || document.hidden) return;
  if (asking) {
    missed = true;
    return;
  }
  asking = true;
  try {
    do {
      missed = false;
      await refresh();
    } while (missed);
    if (trouble.textContent) trouble.textContent = '';
  } catch {
    trouble.textContent = OLD;
  } finally {
    asking = false;
  }
}

const changes = new EventSource('/live');
changes.addEventListener('message', look);
changes.addEventListener('error', () => { trouble.textContent = OLD; });
changes.addEventListener('open', look);
document.addEventListener('visibilitychange', look);

button.addEventListener('click', () => {
  button.setAttribute('aria-pressed', String(!isLive()));
  trouble.textContent = '';
  look();
});
button.hidden = false;
