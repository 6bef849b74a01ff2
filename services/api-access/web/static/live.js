// Keeps the bars of running loads moving: asks for the same page again and takes over what has changed. Without this
// script the page reloads by itself.
const PAUSE = 700;
const PAUSE_AFTER_FAILURE = 5000;
const announcer = document.getElementById('announcer');

const sections = (page) => [...page.querySelectorAll('[data-load]')];
const isLive = () => sections(document).some((section) => 'live' in section.dataset);
const field = (section, name) => section.querySelector(`[data-field="${name}"]`);

/** Takes over bar, figures and trouble, or the whole section when other buttons or failures may be there. */
function update(section, next) {
  if (section.dataset.state !== next.dataset.state) {
    const had_focus = section.contains(document.activeElement);
    announcer.textContent = `${next.dataset.load}: ${next.dataset.label}`;
    section.replaceWith(document.importNode(next, true));
    // A button that is gone must not take the keyboard's place in the page with it.
    if (had_focus) document.getElementById(next.id).querySelector('h2').focus();
    return;
  }
  const bar = field(section, 'bar');
  const next_bar = field(next, 'bar');
  if (bar && next_bar && next_bar.hasAttribute('value')) {
    bar.max = next_bar.max;
    bar.value = next_bar.value;
  }
  for (const name of ['figures', 'trouble']) {
    const [text, next_text] = [field(section, name), field(next, name)];
    if (text && next_text) text.textContent = next_text.textContent;
  }
}

async function refresh() {
  const answer = await fetch(location.pathname, { headers: { accept: 'text/html' }, cache: 'no-store' });
  // The login has ended: the browser shows the form.
  if (answer.redirected) location.reload();
  if (!answer.ok || answer.redirected) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const next of sections(page)) {
    const section = document.getElementById(next.id);
    if (section) update(section, next);
  }
}

async function follow() {
  let pause = PAUSE;
  if (isLive() && !document.hidden) {
    try {
      await refresh();
    } catch {
      pause = PAUSE_AFTER_FAILURE;
    }
  }
  setTimeout(follow, pause);
}

follow();
