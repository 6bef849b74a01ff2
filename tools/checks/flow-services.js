// Actions of flows that call a published service: the operation, its inputs and outputs, and the variables that hold them
// exist in the service's OpenAPI document.
import { NAMESPACE } from './external-services.js';
import { childText, childrenOf, descendantsOf } from './xml.js';

/** Flows write the namespace in lower case, with two underscores: herokuapplink__Client_Schema. */
const PREFIX = `${NAMESPACE.toLowerCase()}__`;

/**
 * @param {import('./external-services.js').Services} services
 * @returns {string[]} problems
 */
export function checkServiceCalls(root, services) {
  const variables = new Map(
    childrenOf(root, 'variables')
      .filter((variable) => childText(variable, 'apexClass').toLowerCase().startsWith(PREFIX))
      .map((variable) => [childText(variable, 'name'), childText(variable, 'apexClass')]),
  );
  const calls = childrenOf(root, 'actionCalls').filter((call) => childText(call, 'actionType') === 'externalService');
  return [
    ...[...new Set(variables.values())].flatMap((name) => (typeOf(name, services) ? [] : [`there is no class ${name}`])),
    ...checkReferences(root, variables, services),
    ...calls.flatMap((call) => checkCall(call, variables, services)),
  ];
}

function typeOf(apexClass, { types }) {
  return apexClass.startsWith(PREFIX) ? types.get(apexClass.slice(PREFIX.length)) : undefined;
}

/** `Variable.field.field`, wherever a flow refers to something. */
function checkReferences(root, variables, services) {
  const direct = ['elementReference', 'leftValueReference', 'assignToReference'].flatMap((element) =>
    descendantsOf(root, element).map(({ text }) => text),
  );
  const merged = ['text', 'fieldText', 'stringValue'].flatMap((element) =>
    descendantsOf(root, element).flatMap(({ text }) => [...text.matchAll(/\{!([^}]+)\}/g)].map(([, name]) => name)),
  );
  return [...new Set([...direct, ...merged])].flatMap((reference) => {
    const [variable, ...fields] = reference.split('.');
    let type = variables.has(variable) ? typeOf(variables.get(variable), services) : undefined;
    for (const field of fields) {
      if (type && !type.fields.has(field)) {
        return [`${reference}: the class of ${variable} has no field ${field}`];
      }
      type = services.types.get(type?.fields.get(field));
    }
    return [];
  });
}

function checkCall(call, variables, services) {
  const [name, action] = [childText(call, 'name'), childText(call, 'actionName')];
  const known = services.actions.get(action);
  if (!known) {
    const [client] = action.split('.');
    return services.clients.includes(client)
      ? [`${name}: the document of ${client} has no operation ${action.slice(client.length + 1)}`]
      : [`${name}: no services/*/web/api-docs.yaml has the title ${client} (there are: ${services.clients.join(', ')})`];
  }
  const problems = [];
  if (known.isAsync) {
    problems.push(`${name}: ${action} calls back, and flows cannot take callbacks`);
  }
  if (childText(call, 'nameSegment') && childText(call, 'nameSegment') !== action) {
    problems.push(`${name}: nameSegment is not ${action}`);
  }
  if (childrenOf(call, 'faultConnector').length === 0) {
    problems.push(`${name}: there is no fault path, and the service may be away`);
  }
  const given = childrenOf(call, 'inputParameters').map((input) => [
    childText(input, 'name'),
    descendantsOf(input, 'elementReference').at(0)?.text,
  ]);
  const taken = childrenOf(call, 'outputParameters').map((output) => [
    childText(output, 'name'),
    childText(output, 'assignToReference'),
  ]);
  for (const [input, { required }] of known.inputs) {
    if (required && !given.some(([one]) => one === input)) {
      problems.push(`${name}: the input ${input} is missing`);
    }
  }
  const inputs = new Map([...known.inputs].map(([input, { type }]) => [input, type]));
  for (const [kind, parameters, declared] of [['input', given, inputs], ['output', taken, known.outputs]]) {
    for (const [parameter, variable] of parameters) {
      const type = declared.get(parameter);
      if (type === undefined) {
        problems.push(`${name}: ${action} has no ${kind} ${parameter}`);
      } else if (type && variables.get(variable) !== PREFIX + type) {
        problems.push(`${name}: the ${kind} ${parameter} is a ${PREFIX}${type}, and ${variable} is none`);
      }
    }
  }
  return problems;
}
