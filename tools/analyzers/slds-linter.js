// SLDS Linter: style sheets and templates of components against the Lightning Design System.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { lint } from '@salesforce-ux/slds-linter/executor';

/** What it has to find in the fixtures, or it finds nothing anywhere. */
export const EXPECTED = ['slds/no-hardcoded-values-slds2 in wait.css'];

/**
 * It lints only below the current directory (findings/slds-linter-other-directory.sh), and there everything, so it gets a
 * copy of the package directories.
 * @param {{root: string, folders: string[]}} what
 * @returns {Promise<{ran: string, problems: {rule: string, file: string, text: string}[]}>} errors and warnings
 */
export async function lintStyles({ root, folders }) {
  const before = process.cwd();
  const copy = await mkdtemp(join(tmpdir(), 'slds-linter-'));
  try {
    for (const folder of folders) {
      await cp(folder, join(copy, relative(root, folder)), {
        recursive: true,
        filter: (path) => !path.includes(`${sep}__tests__`),
      });
    }
    process.chdir(copy);
    const results = await lint({ directory: '.' });
    const problems = results.flatMap(({ filePath, errors, warnings }) =>
      [...errors, ...warnings].map(({ ruleId, line, message }) => {
        const file = relative(copy, filePath);
        return { rule: ruleId, file, text: `${file}:${line}: ${ruleId}: ${message}` };
      }),
    );
    return { ran: `folders ${folders.length}`, problems };
  } finally {
    process.chdir(before);
    await rm(copy, { recursive: true, force: true });
  }
}
