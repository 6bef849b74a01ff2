// Puts a button to every example that copies it, and this app's own address into the first one.
const announcer = document.getElementById('announcer');
const TOLD = 2000;

/** Copies, or selects where the browser lets no page copy: without https, but for this machine. */
async function take(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return 'Copied';
  } catch {
    getSelection().selectAllChildren(code);
    return 'Selected';
  }
}

for (const example of document.querySelectorAll('.example')) {
  const code = example.querySelector('code');
  code.textContent = code.textContent.replace(/^export APP_URL=.*$/m, `export APP_URL=${location.origin}`);
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', `Copy the example of ${example.dataset.example}`);
  button.addEventListener('click', async () => {
    button.textContent = await take(code);
    announcer.textContent = button.textContent;
    setTimeout(() => {
      button.textContent = 'Copy';
      announcer.textContent = '';
    }, TOLD);
  });
  example.before(button);
}
