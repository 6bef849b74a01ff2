// Keeps the page fresh while it is looked at: asks for it again and takes over the parts that have changed. What the
// reader is busy with, because it has the focus or is selected, is left alone. Without this script there is a link.
const PAUSE = 2000;
const PAUSE_AFTER_FAILURE = 5000;

const button = document.getElementById('live');
const trouble = document.getElementById('trouble');
const main = document.getElementById('main');

const isLive = () => button.getAttribute('aria-pressed') === 'true';

/** Whether the reader has the focus in the contents, or has selected some of them. */
function isBusy() {
  const { activeElement } = document;
  if (activeElement !== main && main.contains(activeElement)) return true;
  const selection = getSelection();
  return !selection.isCollapsed && selection.containsNode(main, true);
}

async function refresh() {
  const answer = await fetch(location.pathname, { headers: { accept: 'text/html' }, cache: 'no-store' });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (!isLive() || isBusy()) return;
  // A part that was not there yet, such as the first failures, comes behind the one before it.
  let before;
  for (const next of page.querySelectorAll('[data-live]')) {
    const part = document.getElementById(next.id);
    const imported = document.importNode(next, true);
    if (!part) before?.after(imported);
    else if (!part.isEqualNode(next)) part.replaceWith(imported);
    before = document.getElementById(next.id);
  }
}

async function follow() {
  let pause = PAUSE;
  if (isLive() && !document.hidden && !isBusy()) {
    try {
      await refresh();
      if (trouble.textContent) trouble.textContent = '';
    } catch {
      pause = PAUSE_AFTER_FAILURE;
      trouble.textContent = 'No answer; what is shown is old';
    }
  }
  setTimeout(follow, pause);
}

button.addEventListener('click', () => {
  button.setAttribute('aria-pressed', String(!isLive()));
  trouble.textContent = '';
});
button.hidden = false;
document.getElementById('reload').hidden = true;
setTimeout(follow, PAUSE);
