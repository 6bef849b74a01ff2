// The checks of Salesforce metadata must catch what they are for.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { servicesOf } from '../external-services.js';
import { checkFile, checkProject } from '../metadata.js';
import { loadTypes } from '../metadata-types.js';

const types = loadTypes();
const main = new URL('../../../salesforce/force-app/main/default/', import.meta.url);
const FIELD = 'objects/Quote/fields/QuoteJobKey__c.field-meta.xml';
const PERMISSIONS = 'permissionsets/GenerateQuoteJobPermissions.permissionset-meta.xml';

/** The problems of one of the project's files, changed or as it is. */
function problemsOf(file, change) {
  const xml = readFileSync(new URL(file, main), 'utf8');
  const changed = change ? change(xml) : xml;
  assert.ok(!change || changed !== xml, 'the change must change something');
  return checkFile(types, file, changed);
}

describe('types', () => {
  it('are read from the declarations, inherited elements included', () => {
    assert.ok(types.structures.size > 1500 && types.enums.size > 800);
    assert.deepEqual(types.structures.get('CustomField').get('length'), {
      type: 'number',
      required: false,
      repeated: false,
    });
    assert.ok(types.structures.get('CustomField').has('fullName'), 'of Metadata');
    assert.ok(types.structures.get('FlowActionCall').has('connector'));
    assert.ok(types.enums.get('FieldType').has('Percent'));
  });
});

describe('a metadata file', () => {
  it('passes as it is', () => {
    assert.deepEqual(problemsOf(FIELD), []);
    assert.deepEqual(problemsOf(PERMISSIONS), []);
  });

  const refused = [
    ['cut off', FIELD, (xml) => xml.slice(0, xml.length - 40), /field-meta\.xml:\d+: /],
    ['empty', FIELD, () => '', /field-meta\.xml/],
    ['with a wrong root', FIELD, (xml) => xml.replaceAll('CustomField', 'CustomObjekt'), /root is <CustomObjekt>/],
    ['without namespace', FIELD, (xml) => xml.replace(/ xmlns="[^"]*"/, ''), /namespace/],
    ['with an unknown element', FIELD, (xml) => xml.replace('<length>', '<bogus>1</bogus><length>'), /unknown element CustomField\.bogus/],
    ['with a value outside its enumeration', FIELD, (xml) => xml.replace('>Text<', '>Txet<'), /Txet is not a value of FieldType/],
    ['with a boolean that is none', FIELD, (xml) => xml.replace('<unique>true', '<unique>yes'), /unique: yes is not a boolean/],
    ['with a number that is none', FIELD, (xml) => xml.replace('>80<', '>many<'), /length: many is not a number/],
    ['with an element twice', FIELD, (xml) => xml.replace('<length>80</length>', '<length>80</length>'.repeat(2)), /length stands 2 times/],
    ['with elements in a value', FIELD, (xml) => xml.replace('>80<', '><a>80</a><'), /length has elements/],
    ['with text between its elements', FIELD, (xml) => xml.replace('<length>', 'x<length>'), /text between/],
    ['without a label', FIELD, (xml) => xml.replace(/<label>.*<\/label>/, ''), /<label> is missing/],
    ['with the name of another field', FIELD, (xml) => xml.replace('>QuoteJobKey__c<', '>Other__c<'), /fullName> is Other__c/],
    ['without a required element', PERMISSIONS, (xml) => xml.replace('<editable>false</editable>', ''), /fieldPermissions\.editable is missing/],
    ['with an unknown element inside', PERMISSIONS, (xml) => xml.replace('<allowRead>', '<allowAll>true</allowAll><allowRead>'), /objectPermissions\.allowAll/],
  ];
  for (const [how, file, change, message] of refused) {
    it(`is refused when it is ${how}`, () => {
      const problems = problemsOf(file, change);
      assert.match(problems.join('\n'), message);
    });
  }

  it('of an unknown kind is refused', () => {
    assert.match(checkFile(types, 'a/B.widget-meta.xml', '<Widget/>').join(), /no check for metadata of this kind/);
  });
});

describe('a project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'metadata-'));
  after(() => rmSync(folder, { recursive: true }));

  function write(path, text) {
    const file = join(folder, 'app', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  it('is refused when it is empty, names a missing field or restricts a required one', () => {
    writeFileSync(join(folder, 'sfdx-project.json'), '{"packageDirectories":[{"path":"app"}]}');
    mkdirSync(join(folder, 'app'));
    assert.match(checkProject(folder, servicesOf([])).join(), /no metadata found/);

    write(PERMISSIONS, readFileSync(new URL(PERMISSIONS, main), 'utf8'));
    const field = readFileSync(new URL(FIELD, main), 'utf8');
    write(FIELD, field.replace('<required>false', '<required>true'));
    const problems = checkProject(folder, servicesOf([])).join('\n');
    assert.match(problems, /there is no field OpportunityLineItem\.DiscountOverride__c/);
    assert.match(problems, /Quote\.QuoteJobKey__c is required/);
  });
});
