// Keeps the page fresh while it is looked at: asks for it again and takes over the parts that have changed. What the
// reader is busy with, because it has the focus or is selected, is left alone. Without this script the page stands still.
const PAUSE = 2000;
const PAUSE_AFTER_FAILURE = 5000;
// A page that is costly to make is asked for less often, so that looking at an org does not slow it down.
const PAUSE_FACTOR = 10;

const button = document.getElementById('live');
const trouble = document.getElementById('trouble');
const announcer = document.getElementById('announcer');
const main = document.getElementById('main');

const isLive = () => button.getAttribute('aria-pressed') === 'true';
const parts = (page) => [...page.querySelectorAll('[data-live]')];

/** Whether the reader has the focus in the contents, or has selected some of them. */
function isBusy() {
  const { activeElement } = document;
  if (activeElement !== main && main.contains(activeElement)) return true;
  const selection = getSelection();
  return !selection.isCollapsed && selection.containsNode(main, true);
}

/** Says how many notifications came in; of everything else there would be too much to say. */
function announce(part, next) {
  const count = (of) => Number(of.dataset.count.replaceAll(',', ''));
  const more = count(next) - count(part);
  if (more > 0) announcer.textContent = more === 1 ? 'One new notification' : `${more} new notifications`;
}

/** Takes over what has changed, without moving what is in view. */
function update(page) {
  const seen = parts(document).find((part) => part.getBoundingClientRect().bottom > 0);
  const top = seen?.getBoundingClientRect().top;
  for (const next of parts(page)) {
    const part = document.getElementById(next.id);
    if (!part) continue;
    // What the reader has opened stays open.
    for (const { id } of part.querySelectorAll('details[open]')) next.querySelector(`#${id}`)?.setAttribute('open', '');
    if (part.isEqualNode(next)) continue;
    if ('count' in part.dataset) announce(part, next);
    part.replaceWith(document.importNode(next, true));
  }
  // Only when the reader is past the beginning, which is where new things appear.
  if (seen && scrollY > 0 && top !== undefined) {
    scrollBy({ top: document.getElementById(seen.id).getBoundingClientRect().top - top, behavior: 'instant' });
  }
}

async function refresh() {
  const answer = await fetch(location.pathname, { headers: { accept: 'text/html' }, cache: 'no-store' });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (isLive() && !isBusy()) update(page);
}

async function follow() {
  let pause = PAUSE;
  if (isLive() && !document.hidden && !isBusy()) {
    const began = performance.now();
    try {
      await refresh();
      pause = Math.max(PAUSE, (performance.now() - began) * PAUSE_FACTOR);
      if (trouble.textContent) trouble.textContent = '';
    } catch {
      pause = PAUSE_AFTER_FAILURE;
      trouble.textContent = 'local-org does not answer';
    }
  }
  setTimeout(follow, pause);
}

button.addEventListener('click', () => {
  button.setAttribute('aria-pressed', String(!isLive()));
  trouble.textContent = '';
});
button.hidden = false;
setTimeout(follow, PAUSE);
