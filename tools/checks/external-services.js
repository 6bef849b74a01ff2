// What `heroku salesforce:publish` generates in an org from an OpenAPI document: Apex classes in the namespace
// HerokuAppLink, and actions for flows. The names follow from the document (Salesforce Help, "External Services"; the
// developer guides of Heroku AppLink):
//   Client                       the service, a method for each operation
//   Client.op_Request            `body`, and the parameters by name
//   Client.op_Response           `Code200`, … for the answers that are no errors
//   Client.op_ResponseException  `Code404`, … for those that are; `responseCode`, `defaultResponse`
//   Client.op_Callback           to be extended: a method for each callback
//   Client.op_cb_Callback        `response.body` is what the service posts
//   Client_Schema                the schemas of the document
// Here is what flows see of it; apex-stubs.js writes the classes.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';

export const NAMESPACE = 'HerokuAppLink';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const IDENTIFIER = /^[A-Za-z]\w*$/;

/**
 * @typedef {{fields: Map<string, string>}} ApexType
 *   Types of fields are names within the namespace, or VALUE for text, numbers, lists and all that is not generated.
 * @typedef {{inputs: Map<string, {type: string, required: boolean}>, outputs: Map<string, string>, isAsync: boolean}} Action
 * @typedef {{clients: string[], types: Map<string, ApexType>, actions: Map<string, Action>}} Services
 *   `actions` by their names in flows, `Client.operation`.
 */

export const VALUE = '';

/** Paths, below `root`, of the OpenAPI documents of all services. @returns {string[]} */
export function documentFiles(root) {
  return readdirSync(join(root, 'services'))
    .map((service) => join('services', service, 'web', 'api-docs.yaml'))
    .filter((file) => existsSync(join(root, file)));
}

/** Reads the OpenAPI documents of all services below `root`. @returns {object[]} */
export function loadDocuments(root) {
  return documentFiles(root).map((file) => parseYaml(readFileSync(join(root, file), 'utf8')));
}

/** @param {object[]} documents OpenAPI documents; the client's name is the title @returns {Services} */
export function servicesOf(documents) {
  const services = { clients: [], types: new Map(), actions: new Map() };
  documents.forEach((document) => addService(services, document));
  return services;
}

/**
 * The codes of answers that are errors and have a body, as the document of a service declares them for an operation.
 * @param {object[]} documents
 * @returns {string[] | undefined} undefined where there is no such operation
 */
export function declaredErrors(documents, client, operationId) {
  const found = documents
    .filter((document) => document.info.title === client)
    .flatMap(({ paths }) => Object.values(paths))
    .flatMap((item) => METHODS.map((method) => item[method]))
    .find((operation) => operation?.operationId === operationId);
  return (
    found &&
    Object.entries(found.responses ?? {})
      .filter(([code, answer]) => /^[45]\d\d$/.test(code) && answer.content)
      .map(([code]) => code)
  );
}

function addService({ clients, types, actions }, document) {
  const client = document.info.title;
  clients.push(client);
  const schemas = document.components?.schemas ?? {};
  for (const [name, schema] of Object.entries(schemas)) {
    if (schema.type === 'object') {
      const properties = Object.entries(schema.properties ?? {});
      types.set(`${client}_${name}`, type(properties.map(([field, value]) => [field, typeOf(client, schemas, value)])));
    }
  }
  for (const item of Object.values(document.paths)) {
    for (const operation of METHODS.map((method) => item[method]).filter(Boolean)) {
      addOperation({ types, actions, client, schemas }, operation, item.parameters ?? []);
    }
  }
}

function addOperation({ types, actions, client, schemas }, operation, shared) {
  const id = operation.operationId;
  const inputs = new Map();
  if (operation.requestBody) {
    inputs.set('body', { type: contentOf(client, schemas, operation.requestBody), required: true });
  }
  // How a name is changed that is no identifier, such as that of a header, is not documented, so it cannot be used.
  for (const { name, required } of [...shared, ...(operation.parameters ?? [])].filter((one) => IDENTIFIER.test(one.name))) {
    inputs.set(name, { type: VALUE, required: Boolean(required) });
  }
  const answers = Object.entries(operation.responses ?? {}).filter(([, answer]) => answer.content);
  const outputs = new Map(answers.map(([code, answer]) => [code, contentOf(client, schemas, answer)]));
  const successes = [...outputs].filter(([code]) => code.startsWith('2'));

  types.set(`${client}.${id}_Request`, type([...inputs].map(([name, input]) => [name, input.type])));
  types.set(
    `${client}.${id}_Response`,
    type([['responseCode', VALUE], ...successes.map(([code, content]) => [`Code${code}`, content])]),
  );
  outputs.set('responseCode', VALUE);
  actions.set(`${client}.${id}`, { inputs, outputs, isAsync: Object.keys(operation.callbacks ?? {}).length > 0 });
}

function type(fields) {
  return { fields: new Map(fields) };
}

function contentOf(client, schemas, { content }) {
  const { schema } = Object.values(content ?? {})[0] ?? {};
  return typeOf(client, schemas, schema ?? {});
}

/** The generated class for a schema, where it has one. */
function typeOf(client, schemas, schema) {
  const reference = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0].$ref : undefined);
  const name = reference?.split('/').at(-1);
  return schemas[name]?.type === 'object' ? `${client}_${name}` : VALUE;
}
