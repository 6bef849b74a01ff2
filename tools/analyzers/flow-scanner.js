// Lightning Flow Scanner: all its rules, with the exceptions that the project's .flow-scanner.yml gives reasons for.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
// Its named imports do not load: findings/flow-scanner-named-imports.sh.
import scanner from '@flow-scanner/lightning-flow-scanner-core';
import { parse as parseYaml } from 'yaml';

/** What it has to find in the fixtures, or it finds nothing anywhere. */
export const EXPECTED = ['MissingFaultPath in Account_Rename.flow-meta.xml'];

/**
 * @param {{root: string, project: string, folders: string[]}} what
 * @returns {Promise<{ran: string, problems: {rule: string, file: string, text: string}[]}>} problems of every severity
 */
export async function scan({ root, project, folders }) {
  const { exceptions } = parseYaml(readFileSync(join(project, '.flow-scanner.yml'), 'utf8'));
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .filter((file) => file.endsWith('.flow-meta.xml'))
      .map((file) => join(folder, file)),
  );
  const flows = await scanner.parse(files);
  // It leaves out what it cannot read.
  const unread = flows
    .filter(({ errorMessage, flow }) => errorMessage || !flow)
    .map(({ uri, errorMessage }) => problem(root, uri, 'not read', errorMessage));
  const found = scanner.scan(flows, { exceptions }).flatMap(({ flow, ruleResults }) =>
    ruleResults.flatMap(({ ruleName, details, errorMessage }) => [
      ...details.map(({ name }) => problem(root, flow.fsPath, ruleName, name)),
      ...(errorMessage ? [problem(root, flow.fsPath, ruleName, errorMessage)] : []),
    ]),
  );
  return { ran: `rules ${scanner.getRules().length}, flows ${files.length}`, problems: [...unread, ...found] };
}

function problem(root, path, rule, what) {
  const file = relative(root, path ?? '');
  return { rule, file, text: `${file}: ${rule}: ${what}` };
}
