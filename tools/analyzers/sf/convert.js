// `sf project convert source` over all package directories: node convert.js PROJECT NODE
//   PROJECT  folder of sfdx-project.json
//   NODE     program that runs the Salesforce CLI
// The CLI knows every type of metadata; a file that it does not take for a component, an org would not get either. Prints a
// line, and the CLI's words when it refuses; exit code 1 then.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [project, node] = process.argv.slice(2).map((path) => resolve(path));
const manifest = fileURLToPath(new URL('node_modules/@salesforce/cli/package.json', import.meta.url));
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
const folders = JSON.parse(readFileSync(join(project, 'sfdx-project.json'), 'utf8')).packageDirectories.map(({ path }) => path);
const work = mkdtempSync(join(tmpdir(), 'sf-convert-'));
try {
  const problems = convert();
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} sf project convert source (Salesforce CLI ${version}, folders ${folders.length})`);
  problems.forEach((problem) => console.log(`       ${problem}`));
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

function convert() {
  const output = join(work, 'metadata');
  const args = ['project', 'convert', 'source', '--json', '--output-dir', output, ...folders.flatMap((folder) => ['--source-dir', folder])];
  const { status, stdout, stderr, error } = spawnSync(node, [join(dirname(manifest), 'bin', 'run.js'), ...args], {
    cwd: project,
    encoding: 'utf8',
    // A home of its own: the CLI keeps settings, logs and sessions there.
    env: { ...process.env, HOME: work, SF_DISABLE_TELEMETRY: 'true', SF_AUTOUPDATE_DISABLE: 'true' },
  });
  if (error || status !== 0) {
    return [error?.message ?? answerOf(stdout)?.message ?? `${stdout}${stderr}`];
  }
  const warnings = answerOf(stdout)?.warnings ?? [`it gave no answer: ${stdout}${stderr}`];
  const packaged = readFileSync(join(output, 'package.xml'), 'utf8').match(/<members>/g)?.length ?? 0;
  const described = folders.flatMap((folder) =>
    readdirSync(join(project, folder), { recursive: true }).filter((file) => file.endsWith('-meta.xml')),
  ).length;
  return packaged === described ? warnings : [...warnings, `of ${described} components it has taken ${packaged}`];
}

function answerOf(stdout) {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}
