// Runs Salesforce's own tools over an sfdx project: node run.js PROJECT JAVA
//   PROJECT  folder of sfdx-project.json
//   JAVA     program that runs Java 21
// Each tool also gets fixtures/, where it has to find what is wrong: one that finds nothing there finds nothing anywhere.
// Prints a line for each tool, with its version and what it ran, and each problem; exit code 1 when there is a problem.
import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as codeAnalyzer from './code-analyzer.js';
import * as flowScanner from './flow-scanner.js';
import * as sldsLinter from './slds-linter.js';

const [project, java] = process.argv.slice(2).map((path) => resolve(path));
const here = dirname(fileURLToPath(import.meta.url));
const fixtures = join(here, 'fixtures');
const packages = JSON.parse(readFileSync(join(project, 'sfdx-project.json'), 'utf8')).packageDirectories;
const folders = [...packages.map(({ path }) => join(project, path)), fixtures];
const versions = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')).devDependencies;
const root = dirname(project);

const tools = [
  {
    name: 'Salesforce Code Analyzer',
    version: versions['@salesforce/code-analyzer-core'],
    expected: codeAnalyzer.EXPECTED,
    run: () => codeAnalyzer.analyze({ root, folders, java }),
  },
  {
    name: 'Lightning Flow Scanner',
    version: versions['@flow-scanner/lightning-flow-scanner-core'],
    expected: flowScanner.EXPECTED,
    run: () => flowScanner.scan({ root, project, folders }),
  },
  {
    name: 'SLDS Linter',
    version: versions['@salesforce-ux/slds-linter'],
    expected: sldsLinter.EXPECTED,
    run: () => sldsLinter.lintStyles({ root, folders }),
  },
];

for (const { name, version, expected, run } of tools) {
  const { ran, problems } = await quietly(run);
  const inFixtures = problems.filter(({ file }) => isFixture(file));
  const missed = expected
    .filter((one) => !inFixtures.some(({ rule, file }) => `${rule} in ${basename(file)}` === one))
    .map((one) => `it did not find ${one}, so it does not work; it found ${inFixtures.length} other problems there`);
  const found = [...missed, ...problems.filter(({ file }) => !isFixture(file)).map(({ text }) => text)];
  console.log(`${found.length === 0 ? 'ok    ' : 'FAILED'} ${name} ${version} (${ran})`);
  found.forEach((problem) => console.log(`       ${problem}`));
  process.exitCode ||= found.length === 0 ? 0 : 1;
}

function isFixture(file) {
  return resolve(root, file).startsWith(fixtures);
}

/** The tools write to the console as programs do; what they found is in their answers. */
async function quietly(run) {
  const { log, info, warn } = console;
  console.log = console.info = console.warn = () => {};
  try {
    return await run();
  } finally {
    Object.assign(console, { log, info, warn });
  }
}
