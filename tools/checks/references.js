// What the files of an sfdx project say about each other: permission sets, flows, tabs and channel members name objects,
// fields, classes and other parts that exist, and nothing lies beside its metadata file.
import { basename, dirname } from 'node:path';
import { checkServiceCalls } from './flow-services.js';
import { checkFlow } from './flows.js';
import { hasField, hasObject, takeStock } from './inventory.js';
import { childText, childrenOf } from './xml.js';

/**
 * @param {import('./inventory.js').Source[]} sources all metadata files
 * @param {string[]} files all files of the project
 * @param {import('./external-services.js').Services} services what is published to the org
 * @returns {string[]} problems
 */
export function checkReferences(sources, files, services) {
  const inventory = takeStock(sources);
  const checks = {
    CustomField: checkField,
    CustomTab: checkTab,
    Flow: (root) => [...checkFlow(root, inventory), ...checkServiceCalls(root, services)],
    PermissionSet: checkPermissionSet,
    PlatformEventChannelMember: checkChannelMember,
    QuickAction: checkQuickAction,
  };
  return [
    ...sources.flatMap((source) => {
      const problems = checks[source.root.name]?.(source.root, inventory, source.file) ?? [];
      return problems.map((problem) => `${source.file}: ${problem}`);
    }),
    ...checkPairs(files),
  ];
}

function checkField(_root, inventory, file) {
  const object = basename(dirname(dirname(file)));
  return hasObject(inventory, object) ? [] : [`there is no object ${object}`];
}

function checkPermissionSet(root, inventory) {
  const problems = [];
  const each = (element, key, check) => {
    const named = childrenOf(root, element).map((entry) => childText(entry, key));
    problems.push(...named.flatMap(check));
    const twice = named.filter((name, index) => named.indexOf(name) !== index);
    problems.push(...twice.map((name) => `${element}: ${name} stands twice`));
  };
  each('fieldPermissions', 'field', (field) => {
    if (!hasField(inventory, field)) {
      return [`there is no field ${field}`];
    }
    if (field.split('.').at(0).endsWith('__e')) {
      return [`${field} is a field of a platform event, which has no field permissions`];
    }
    const required = inventory.fields.has(field) && childText(inventory.fields.get(field).root, 'required') === 'true';
    return required ? [`${field} is required, so it cannot be restricted`] : [];
  });
  each('objectPermissions', 'object', (object) =>
    hasObject(inventory, object) ? [] : [`there is no object ${object}`],
  );
  each('classAccesses', 'apexClass', (name) => (inventory.classes.has(name) ? [] : [`there is no class ${name}`]));
  each('customPermissions', 'name', (name) =>
    inventory.customPermissions.has(name) ? [] : [`there is no custom permission ${name}`],
  );
  each('flowAccesses', 'flow', (name) => (inventory.flows.has(name) ? [] : [`there is no flow ${name}`]));
  each('tabSettings', 'tab', (name) =>
    name.startsWith('standard-') || inventory.tabs.has(name) ? [] : [`there is no tab ${name}`],
  );
  return problems;
}

function checkTab(root, inventory) {
  const component = childText(root, 'lwcComponent');
  return !component || inventory.components.has(component) ? [] : [`there is no component ${component}`];
}

function checkQuickAction(root, inventory) {
  const [object, flow] = [childText(root, 'targetObject'), childText(root, 'flowDefinition')];
  return [
    ...(hasObject(inventory, object) ? [] : [`there is no object ${object}`]),
    ...(!flow || inventory.flows.has(flow) ? [] : [`there is no flow ${flow}`]),
  ];
}

/** Members are named `Channel_Entity`; the entity of `X__c` is `X__ChangeEvent`, of `X` it is `XChangeEvent`. */
function checkChannelMember(root, inventory, file) {
  const [channel, entity] = [childText(root, 'eventChannel'), childText(root, 'selectedEntity')];
  const name = `${channel}_${entity}`;
  const custom = /^(\w+)__ChangeEvent$/.exec(entity);
  const object = custom ? `${custom[1]}__c` : entity.replace(/ChangeEvent$/, '');
  return [
    ...(basename(file).startsWith(`${name}.`) ? [] : [`its name is not ${name}`]),
    ...(hasObject(inventory, object) ? [] : [`there is no object ${object}`]),
  ];
}

/** Source and metadata files come in pairs; the Salesforce CLI leaves out what is alone without a word. */
function checkPairs(files) {
  const all = new Set(files);
  return files.flatMap((file) => {
    if (file.endsWith('.cls') && !all.has(`${file}-meta.xml`)) {
      return [`${file}: there is no ${basename(file)}-meta.xml`];
    }
    if (file.endsWith('.cls-meta.xml') && !all.has(file.slice(0, -'-meta.xml'.length))) {
      return [`${file}: there is no ${basename(file, '-meta.xml')}`];
    }
    const resource = file.endsWith('.resource-meta.xml') ? file.slice(0, -'resource-meta.xml'.length) : null;
    if (resource && !files.some((other) => other !== file && other.startsWith(resource))) {
      return [`${file}: there is no resource ${basename(resource, '.')}`];
    }
    return [];
  });
}
