// The Apex classes that publishing a service generates, as source without bodies, so that a type checker can judge the Apex
// that uses them. external-services.js lists what is generated and where the names come from.
import { NAMESPACE } from './external-services.js';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const IDENTIFIER = /^[A-Za-z]\w*$/;
/** Names that Apex does not take for a field; how publishing changes them is not documented. */
const RESERVED = new Set(['after', 'limit', 'from', 'order', 'group', 'type', 'with', 'when', 'then', 'end', 'case']);

/** Apex types by type and format of OpenAPI (Salesforce Help, "Supported OpenAPI data types"). */
const SCALARS = {
  string: { 'date-time': 'Datetime', date: 'Date', default: 'String' },
  integer: { int64: 'Long', default: 'Integer' },
  number: { default: 'Double' },
  boolean: { default: 'Boolean' },
};

/**
 * @param {object} document OpenAPI document of a service; the client's name is the title
 * @returns {Map<string, string>} sources by the names of the classes, all in the namespace HerokuAppLink
 */
export function stubsOf(document) {
  const client = document.info.title;
  const schemas = document.components?.schemas ?? {};
  const apex = (schema) => typeOf({ client, schemas }, schema ?? {});
  const stubs = new Map();
  for (const [name, schema] of Object.entries(schemas)) {
    if (schema.type === 'object') {
      const fields = Object.entries(schema.properties ?? {}).map(([field, value]) => [field, apex(value)]);
      stubs.set(`${client}_${name}`, `global class ${client}_${name} {\n${fieldsOf(fields)}}\n`);
    }
  }
  const members = Object.values(document.paths).flatMap((item) =>
    METHODS.filter((method) => item[method]).flatMap((method) =>
      operationOf({ client, apex }, item[method], item.parameters ?? []),
    ),
  );
  stubs.set(client, `global class ${client} {\n${members.join('')}}\n`);
  return stubs;
}

function operationOf({ client, apex }, operation, shared) {
  const id = operation.operationId;
  const content = ({ content }) => apex(Object.values(content)[0].schema);
  const parameters = [...shared, ...(operation.parameters ?? [])].map(({ name, schema }) => [name, apex(schema)]);
  const inputs = [...(operation.requestBody ? [['body', content(operation.requestBody)]] : []), ...parameters];
  const answers = Object.entries(operation.responses ?? {}).filter(([, answer]) => answer.content);
  const coded = (wanted) =>
    answers.filter(([code]) => wanted === code.startsWith('2')).map(([code, answer]) => [`Code${code}`, content(answer)]);
  const callbacks = Object.entries(operation.callbacks ?? {});

  const given = [
    ...(inputs.length > 0 ? [`${id}_Request request`] : []),
    ...(callbacks.length > 0 ? [`${id}_Callback callback`, 'Datetime timeout'] : []),
  ];
  return [
    `global ${id}_Response ${id}(${given.join(', ')}) { return null; }\n`,
    ...(inputs.length > 0 ? [innerClass(`${id}_Request`, inputs)] : []),
    innerClass(`${id}_Response`, [['responseCode', 'Integer'], ...coded(true)]),
    innerClass(`${id}_ResponseException extends Exception`, [
      ['responseCode', 'Integer'],
      ['defaultResponse', 'String'],
      ...coded(false),
    ]),
    ...callbackClasses({ client, content }, id, callbacks),
  ];
}

function callbackClasses({ client, content }, id, callbacks) {
  if (callbacks.length === 0) return [];
  const methods = callbacks.map(
    ([name]) => `global abstract void ${name}(List<${NAMESPACE}.${client}.${id}_${name}_Callback> callbacks);\n`,
  );
  return [
    `global abstract class ${id}_Callback {\n${methods.join('')}}\n`,
    ...callbacks.flatMap(([name, expressions]) => {
      const { requestBody } = Object.values(Object.values(expressions)[0])[0];
      const body = `${id}_${name}_CallbackResponse`;
      return [
        innerClass(`${id}_${name}_Callback`, [['response', body]]),
        innerClass(body, [['body', content(requestBody)]]),
      ];
    }),
  ];
}

function innerClass(head, fields) {
  return `global class ${head} {\n${fieldsOf(fields)}}\n`;
}

function fieldsOf(fields) {
  return fields
    .filter(([name]) => IDENTIFIER.test(name) && !RESERVED.has(name.toLowerCase()))
    .map(([name, apexType]) => `global ${apexType} ${name};\n`)
    .join('');
}

function typeOf(context, schema) {
  const { client, schemas } = context;
  const reference = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0].$ref : undefined);
  if (reference) {
    const name = reference.split('/').at(-1);
    return schemas[name]?.type === 'object' ? `${NAMESPACE}.${client}_${name}` : typeOf(context, schemas[name] ?? {});
  }
  if (schema.type === 'array') return `List<${typeOf(context, schema.items ?? {})}>`;
  if (typeof schema.additionalProperties === 'object') return `Map<String, ${typeOf(context, schema.additionalProperties)}>`;
  const scalar = SCALARS[schema.type];
  return scalar?.[schema.format] ?? scalar?.default ?? 'Object';
}
