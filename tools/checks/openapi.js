// The OpenAPI documents by a public validator: the schema of OpenAPI 3.0, and rules that a schema cannot express. What
// Salesforce wants beyond that is linted in Rust (shared/test-support/src/openapi_lint).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import SwaggerParser from '@apidevtools/swagger-parser';
import { parse as parseYaml } from 'yaml';
import { documentFiles } from './external-services.js';

/** Problems of one document. */
export async function checkDocument(document) {
  try {
    // References lead nowhere outside of the document: Salesforce reads one file.
    await SwaggerParser.validate(structuredClone(document), { resolve: { external: false } });
    return [];
  } catch (error) {
    const details = (error.details ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
    return details.length > 0 ? details : [error.message];
  }
}

/** Problems of all `api-docs.yaml` under `root`, each with its file; and it is one if there is no document at all. */
export async function checkDocuments(root) {
  const files = documentFiles(root);
  const problems = files.map(async (file) => {
    const found = await checkDocument(parseYaml(readFileSync(join(root, file), 'utf8')));
    return found.map((problem) => `${file}: ${problem}`);
  });
  return files.length > 0 ? (await Promise.all(problems)).flat() : ['there is no services/*/web/api-docs.yaml'];
}
