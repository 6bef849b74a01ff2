// Flows: every reference leads to an element of the flow, or to an object, field, class or notification type that exists.
import { hasField, hasObject } from './inventory.js';
import { childText, childrenOf, descendantsOf } from './xml.js';

/** Elements of a flow that a connector can lead to. */
const NODES = [
  'actionCalls', 'assignments', 'collectionProcessors', 'customErrors', 'decisions', 'loops', 'recordCreates',
  'recordDeletes', 'recordLookups', 'recordRollbacks', 'recordUpdates', 'screens', 'subflows', 'transforms', 'waits',
];

/** Elements of a flow that hold a value. */
const RESOURCES = ['choices', 'constants', 'dynamicChoiceSets', 'formulas', 'stages', 'textTemplates', 'variables'];

/** @param {import('./inventory.js').Inventory} inventory @returns {string[]} problems */
export function checkFlow(root, inventory) {
  const start = childrenOf(root, 'start').at(0);
  return [
    ...checkNames(root),
    ...checkConnectors(root),
    ...checkValues(root, inventory, childText(start ?? root, 'object')),
    ...objectsOf(root).flatMap((object) => (hasObject(inventory, object) ? [] : [`there is no object ${object}`])),
    ...checkFilters(root, inventory),
    ...childrenOf(root, 'actionCalls').flatMap((action) => checkAction(root, action, inventory)),
    ...descendantsOf(root, 'flowName').flatMap(({ text }) =>
      inventory.flows.has(text) ? [] : [`there is no flow ${text}`],
    ),
  ];
}

function namesOf(root, kinds) {
  return kinds.flatMap((kind) => childrenOf(root, kind).map((element) => childText(element, 'name')));
}

function checkNames(root) {
  const rules = childrenOf(root, 'decisions').flatMap((decision) => namesOf(decision, ['rules']));
  const names = [...namesOf(root, [...NODES, ...RESOURCES]), ...rules, ...namesOf(root, ['screens'])
    .flatMap((screen) => childrenOf(root, 'screens')
      .filter((element) => childText(element, 'name') === screen)
      .flatMap((element) => namesOf(element, ['fields'])))];
  return names.filter((name, index) => names.indexOf(name) !== index).map((name) => `two elements are named ${name}`);
}

/** Connectors lead to nodes, and a path from the start leads to every node. */
function checkConnectors(root) {
  const nodes = new Map(
    NODES.flatMap((kind) => childrenOf(root, kind)).map((element) => [childText(element, 'name'), element]),
  );
  const targets = (element) => descendantsOf(element, 'targetReference').map(({ text }) => text);
  const unknown = targets(root).filter((target) => !nodes.has(target));
  const reached = new Set();
  const visit = (element) => {
    for (const target of targets(element).filter((name) => nodes.has(name) && !reached.has(name))) {
      reached.add(target);
      visit(nodes.get(target));
    }
  };
  childrenOf(root, 'start').forEach(visit);
  return [
    ...unknown.map((target) => `a connector leads to ${target}, which does not exist`),
    ...[...nodes.keys()].filter((name) => !reached.has(name)).map((name) => `no connector leads to ${name}`),
  ];
}

/** References in values, conditions and merge fields: to elements by name, to the triggering record by field. */
function checkValues(root, inventory, triggering) {
  const screenFields = childrenOf(root, 'screens').flatMap((screen) => namesOf(screen, ['fields']));
  const known = new Set([...namesOf(root, [...NODES, ...RESOURCES]), ...screenFields]);
  const merged = ['text', 'fieldText', 'stringValue', 'expression', 'errorMessage'].flatMap((element) =>
    descendantsOf(root, element).flatMap(({ text }) => [...text.matchAll(/\{!([^}]+)\}/g)].map(([, name]) => name)),
  );
  const direct = ['elementReference', 'leftValueReference', 'assignToReference'].flatMap((element) =>
    descendantsOf(root, element).map(({ text }) => text),
  );
  return [...new Set([...direct, ...merged])].flatMap((reference) => {
    const [head, field] = reference.split('.');
    if (head === '$Record') {
      const name = `${triggering}.${field}`;
      return triggering && hasField(inventory, name) ? [] : [`there is no field ${name}`];
    }
    return head.startsWith('$') || known.has(head) ? [] : [`${reference} refers to nothing`];
  });
}

function objectsOf(root) {
  return [...descendantsOf(root, 'object'), ...descendantsOf(root, 'objectType')].map(({ text }) => text);
}

function checkFilters(root, inventory) {
  return NODES.flatMap((kind) => childrenOf(root, kind)).flatMap((element) => {
    const object = childText(element, 'object');
    const fields = [
      ...descendantsOf(element, 'field'),
      ...childrenOf(element, 'queriedFields'),
    ].map(({ text }) => `${object}.${text}`);
    return object ? fields.filter((field) => !hasField(inventory, field)).map((field) => `there is no field ${field}`) : [];
  });
}

function checkAction(root, action, inventory) {
  const [type, name] = [childText(action, 'actionType'), childText(action, 'actionName')];
  if (type === 'apex' && !inventory.classes.has(name)) {
    return [`there is no class ${name}`];
  }
  if (type === 'flow' && !inventory.flows.has(name)) {
    return [`there is no flow ${name}`];
  }
  return type === 'customNotificationAction' ? checkNotification(root, action, inventory) : [];
}

/** The notification type is looked up by name; what comes out of another lookup would be no id of a type. */
function checkNotification(root, action, inventory) {
  const inputs = new Map(
    childrenOf(action, 'inputParameters').map((input) => [childText(input, 'name'), childrenOf(input, 'value').at(0)]),
  );
  const problems = ['customNotifTypeId', 'recipientIds', 'title', 'body']
    .filter((input) => !inputs.has(input))
    .map((input) => `${childText(action, 'name')}: ${input} is missing`);
  if (!inputs.has('targetId') && !inputs.has('targetPageRef')) {
    problems.push(`${childText(action, 'name')}: targetId or targetPageRef is missing`);
  }
  const reference = childText(inputs.get('customNotifTypeId') ?? action, 'elementReference').split('.').at(0);
  const lookup = childrenOf(root, 'recordLookups').find((element) => childText(element, 'name') === reference);
  const types = lookup ? descendantsOf(lookup, 'stringValue').map(({ text }) => text) : [];
  if (!lookup || childText(lookup, 'object') !== 'CustomNotificationType') {
    problems.push(`${childText(action, 'name')}: customNotifTypeId is no CustomNotificationType`);
  }
  return [
    ...problems,
    ...types.filter((type) => !inventory.notificationTypes.has(type)).map((type) => `there is no notification type ${type}`),
  ];
}
