// What an sfdx project defines, by name.
import { basename } from 'node:path';

/** What ends like this is not standard, so the project must define it. */
const CUSTOM = /__(c|e|mdt)$/;

/**
 * @typedef {{file: string, root: import('./xml.js').Element}} Source
 * @typedef {{objects: Set<string>, fields: Map<string, Source>, classes: Set<string>, customPermissions: Set<string>,
 *   flows: Set<string>, notificationTypes: Set<string>, components: Set<string>, tabs: Set<string>}} Inventory
 */

/** @param {Source[]} sources all metadata files @returns {Inventory} */
export function takeStock(sources) {
  const names = (suffix) =>
    new Set(
      sources
        .map(({ file }) => basename(file))
        .filter((name) => name.endsWith(`.${suffix}-meta.xml`))
        .map((name) => name.slice(0, -`.${suffix}-meta.xml`.length)),
    );
  const fields = new Map();
  for (const source of sources) {
    const [, object, field] = /objects\/(\w+)\/fields\/(\w+)\.field-meta\.xml$/.exec(source.file) ?? [];
    if (field) {
      fields.set(`${object}.${field}`, source);
    }
  }
  return {
    objects: names('object'),
    fields,
    classes: names('cls'),
    customPermissions: names('customPermission'),
    flows: names('flow'),
    notificationTypes: names('notiftype'),
    components: names('js'),
    tabs: names('tab'),
  };
}

/** Whether an object is standard or defined in the project. */
export function hasObject(inventory, object) {
  return !CUSTOM.test(object) || inventory.objects.has(object);
}

/** Whether a field, as `Object.Field`, is standard or defined in the project. */
export function hasField(inventory, field) {
  return !CUSTOM.test(field) || inventory.fields.has(field);
}
