// Runs all checks: node run.js ROOT COMPOSE METADATA JAVA
//   ROOT      top of the repository
//   COMPOSE   output of `docker compose config`
//   METADATA  output of `cargo metadata --no-deps`
//   JAVA      program that runs Java 21
// Prints a line for each check and each problem; exit code 1 when there is a problem.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { checkAnswers } from './apex-answers.js';
import { checkTypes } from './apex-types.js';
import { checkApex } from './apex.js';
import { checkCli, checkNames } from './cli.js';
import { checkCommands, checkPrograms } from './commands.js';
import { checkStarts } from './compose-start.js';
import { checkContext } from './context.js';
import * as deployment from './deployment.js';
import { documentFiles, loadDocuments, servicesOf } from './external-services.js';
import { checkLinks, checkMentions } from './links.js';
import { checkBundles } from './lwc.js';
import { checkProject, projectFiles } from './metadata.js';
import { checkDocuments } from './openapi.js';
import { checkPictures } from './pictures.js';
import { checkPricing } from './pricing.js';
import { samplesCode } from './samples-code.js';

const [root, composeFile, cargoFile, java] = process.argv.slice(2);
const read = (path) => readFileSync(join(root, path), 'utf8');

const app = JSON.parse(read('app.json'));
const compose = parseYaml(readFileSync(composeFile, 'utf8'));
const { packages, target_directory: target } = JSON.parse(readFileSync(cargoFile, 'utf8'));
const names = new Set(packages.map(({ name }) => name));
const binaries = new Set(
  packages.flatMap(({ targets }) => targets.filter(({ kind }) => kind.includes('bin')).map(({ name }) => name)),
);
const procfile = deployment.parseProcfile(read('Procfile'));
const rustConfig = read('RustConfig');
const dockerfile = read('Dockerfile');
const project = join(root, 'salesforce');
const documents = loadDocuments(root);
const services = servicesOf(documents);
/** Code with the names of Heroku's samples, which has to go on without a change. */
const samples = samplesCode();

/** The files of a checkout: those of the commit, and new ones that git does not ignore. */
function checkout() {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  return execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
}

const files = checkout();
/** All documents: each may have commands. */
const readmes = files.filter((file) => file.endsWith('.md'));

const checks = {
  'app.json': () => deployment.checkAppJson(app),
  'app.json and the button': () => deployment.checkButton({ app, readme: read('README.md') }),
  Procfile: () => [
    ...procfile.problems,
    ...deployment.checkProcesses({ processes: procfile.processes, app, binaries }),
  ],
  'docker-compose.yml': () => deployment.checkCompose({ compose, binaries }),
  'start of each process of docker-compose.yml': () => checkStarts({ compose, folder: join(target, 'debug') }),
  'build context (.dockerignore)': () =>
    checkContext({ root, ignore: read('.dockerignore'), dockerfile, files }),
  'image and docker-compose.yml': () => deployment.checkImage({ dockerfile, compose }),
  'version of Rust': () =>
    deployment.checkRustVersion({ toolchain: read('rust-toolchain.toml'), rustConfig, dockerfile }),
  'packages left out of builds': () =>
    [['RustConfig', rustConfig], ['Dockerfile', dockerfile]].flatMap(([file, text]) =>
      deployment.checkExcludes({ file, text, packages: names }),
    ),
  'OpenAPI documents': () => checkDocuments(root),
  'commands that publish, against the documents': () => {
    const byPath = new Map(documentFiles(root).map((file) => [file, parseYaml(read(file))]));
    return readmes.flatMap((file) => checkCommands(read(file), byPath).map((problem) => `${file}: ${problem}`));
  },
  'commands of the Heroku CLI and the Salesforce CLI': () => {
    const clis = JSON.parse(read('tools/checks/cli-commands.json'));
    return readmes.flatMap((file) => checkCli(read(file), clis).map((problem) => `${file}: ${problem}`));
  },
  'names in commands': () => {
    const variables = new Set([...read('.env.example').matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name));
    const known = { variables, app, processes: procfile.processes, services: new Set(Object.keys(compose.services)) };
    return readmes.flatMap((file) => checkNames(read(file), known).map((problem) => `${file}: ${problem}`));
  },
  'programs and files in commands': () => {
    const known = { files: new Set(files), binaries: new Set([...names, ...binaries]) };
    return readmes.flatMap((file) => {
      // Commands of salesforce/README.md stand in its folder, all others at the top.
      const folder = file.startsWith('salesforce/') ? 'salesforce/' : '';
      return checkPrograms(read(file), { ...known, folder }).map((problem) => `${file}: ${problem}`);
    });
  },
  'links of documents': () => [...checkLinks(files, read), ...checkMentions(files, read)],
  pictures: () => checkPictures(files, read),
  'Salesforce metadata': () => checkProject(project, services),
  Apex: () => checkApex(project),
  'answers that Apex reads': () => checkAnswers(project, documents),
  'types of Apex, with the classes of the published services, and of Apex with the names of Heroku\'s samples': () =>
    checkTypes({ project, documents, java, more: samples.classes }),
  'a Flow with the names of Heroku\'s samples': () => samples.problemsOfFlows(services),
  'Lightning web components': () =>
    checkBundles(projectFiles(project), (file) => readFileSync(join(project, file), 'utf8')),
  'pricing rules in Apex': () =>
    checkPricing(
      read('shared/src/quotes/pricing.toml'),
      read('salesforce/force-app/main/default/staticresources/QuotePricingRules.json'),
    ),
};

for (const [name, check] of Object.entries(checks)) {
  const problems = await check();
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  problems.forEach((problem) => console.log(`       ${problem}`));
  process.exitCode ||= problems.length === 0 ? 0 : 1;
}
