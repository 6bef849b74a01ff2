// Apex and a Flow that call the services by the names of Heroku's samples. They were written for these checks; docs/from-the-samples.md
// promises that such code goes on without a change.
import { readFileSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { checkServiceCalls } from './flow-services.js';
import { parseXml } from './xml.js';

const FOLDER = new URL('fixtures/from-the-samples/', import.meta.url);

/**
 * @returns {{classes: Object<string, string>, problemsOfFlows: (services: import('./external-services.js').Services) => string[]}}
 *   `classes` are sources by name, to be type-checked beside those of a project
 */
export function samplesCode() {
  const files = readdirSync(FOLDER).sort();
  const read = (file) => readFileSync(new URL(file, FOLDER), 'utf8');
  const classes = files.filter((file) => file.endsWith('.cls')).map((file) => [basename(file, '.cls'), read(file)]);
  const flows = files.filter((file) => file.endsWith('.flow-meta.xml')).map((file) => [file, parseXml(read(file))]);
  return {
    classes: Object.fromEntries(classes),
    problemsOfFlows: (services) =>
      flows.flatMap(([file, root]) => checkServiceCalls(root, services).map((problem) => `${file}: ${problem}`)),
  };
}
