// The checks of what the Salesforce metadata files say about each other must catch what they are for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadDocuments, servicesOf } from '../external-services.js';
import { projectFiles } from '../metadata.js';
import { checkReferences } from '../references.js';
import { parseXml } from '../xml.js';

const project = fileURLToPath(new URL('../../../salesforce/', import.meta.url));
const files = projectFiles(project);
const services = servicesOf(loadDocuments(fileURLToPath(new URL('../../../', import.meta.url))));

/** The problems of the whole project with one file changed, or left out when `change` gives nothing. */
function problemsWith(name, change) {
  const changed = new Map();
  for (const file of files.filter((candidate) => candidate.endsWith('-meta.xml'))) {
    const xml = readFileSync(join(project, file), 'utf8');
    changed.set(file, basename(file) === name ? change(xml) : xml);
    assert.ok(basename(file) !== name || changed.get(file) !== xml, 'the change must change something');
  }
  assert.ok([...changed.keys()].some((file) => basename(file) === name), `${name} exists`);
  const present = [...changed].filter(([, xml]) => xml).map(([file, xml]) => ({ file, root: parseXml(xml) }));
  const gone = new Set([...changed].filter(([, xml]) => !xml).map(([file]) => file));
  return checkReferences(present, files.filter((file) => !gone.has(file)), services).join('\n');
}

const FLOW = 'QuoteGenerationCompleteNotification.flow-meta.xml';
const PERMISSIONS = 'QuoteEventing.permissionset-meta.xml';
const JOB_MANAGER = 'QuoteJobManager.permissionset-meta.xml';
const JOB_USER = 'QuoteJobUser.permissionset-meta.xml';
const MEMBER = 'ChangeEvents_OpportunityChangeEvent.platformEventChannelMember-meta.xml';
const swap = (from, to) => (xml) => xml.replace(from, to);

describe('references', () => {
  const refused = [
    ['a flow on an event that is gone', 'QuoteGenerationComplete__e.object-meta.xml', () => '', /there is no object QuoteGenerationComplete__e/],
    ['fields of an object that is gone', 'JobProgress__e.object-meta.xml', () => '', /fields\/Percent__c.*there is no object JobProgress__e/],
    ['a flow that reads a field that is gone', 'Message__c.field-meta.xml', () => '', /no field QuoteGenerationComplete__e\.Message__c/],
    ['a merge field with a slip', FLOW, swap('{!$Record.Status__c}', '{!$Record.Statsu__c}'), /no field QuoteGenerationComplete__e\.Statsu__c/],
    ['a merge field of nothing', FLOW, swap('{!$Record.Status__c}', '{!Status}'), /Status refers to nothing/],
    ['a notification type that is gone', 'QuoteGenerationComplete.notiftype-meta.xml', () => '', /no notification type QuoteGenerationComplete/],
    ['a notification type from another lookup', FLOW, swap('>CustomNotificationType<', '>User<'), /is no CustomNotificationType/],
    ['a notification without body', FLOW, swap('<name>body<', '<name>text<'), /SendNotification: body is missing/],
    ['a notification without target', FLOW, swap('>targetPageRef<', '>page<'), /targetId or targetPageRef is missing/],
    ['a connector to nowhere', FLOW, swap('<targetReference>IsUserNamed<', '<targetReference>IsUser<'), /leads to IsUser, which does not exist/],
    ['an element that nothing leads to', FLOW, swap('<targetReference>AddPublisher<', '<targetReference>AddUser<'), /no connector leads to AddPublisher/],
    ['two elements of a name', FLOW, swap('<name>AddUser<', '<name>AddPublisher<'), /two elements are named AddPublisher/],
    ['permissions on an object that is none', PERMISSIONS, swap('>JobProgress__e<', '>JobProgres__e<'), /no object JobProgres__e/],
    ['permissions on one object twice', PERMISSIONS, swap('>JobProgress__e<', '>Opportunity<'), /Opportunity stands twice/],
    ['field permissions on an event', PERMISSIONS, swap('<hasAct', '<fieldPermissions><field>JobProgress__e.State__c</field></fieldPermissions><hasAct'), /has no field permissions/],
    ['a class that is none', PERMISSIONS, swap('<hasAct', '<classAccesses><apexClass>None</apexClass></classAccesses><hasAct'), /there is no class None/],
    ['a custom permission that is none', JOB_MANAGER, swap('>ManageQuoteJobs<', '>ManageJobs<'), /there is no custom permission ManageJobs/],
    ['a flow that is none', PERMISSIONS, swap('<hasAct', '<flowAccesses><flow>None</flow></flowAccesses><hasAct'), /there is no flow None/],
    ['a tab that is none', JOB_USER, swap('>QuoteJob<', '>QuoteJobs<'), /there is no tab QuoteJobs/],
    ['a tab of a component that is none', 'QuoteJob.tab-meta.xml', swap('>quoteJob<', '>quoteJobs<'), /there is no component quoteJobs/],
    ['a button for a flow that is gone', 'GenerateQuoteForOpportunity.flow-meta.xml', () => '', /quickAction-meta\.xml: there is no flow GenerateQuoteForOpportunity/],
    ['a flow that runs a flow that is gone', 'GenerateQuoteTest.flow-meta.xml', () => '', /GenerateQuoteForOpportunity.*there is no flow GenerateQuoteTest/],
    ['a channel member under another name', MEMBER, swap('>ChangeEvents<', '>Sales__chn<'), /its name is not Sales__chn_Opportunity/],
    ['a channel member of an object that is none', MEMBER, swap('>OpportunityChangeEvent<', '>Deal__ChangeEvent<'), /there is no object Deal__c/],
  ];
  for (const [what, file, change, message] of refused) {
    it(`are refused with ${what}`, () => assert.match(problemsWith(file, change), message));
  }

  it('are refused when a class is alone', () => {
    assert.match(checkReferences([], ['a/B.cls'], services).join(), /there is no B\.cls-meta\.xml/);
    assert.match(checkReferences([], ['a/B.cls-meta.xml'], services).join(), /there is no B\.cls$/);
    assert.deepEqual(checkReferences([], ['a/B.cls', 'a/B.cls-meta.xml'], services), []);
  });

  it('are refused when a static resource has no content', () => {
    assert.match(checkReferences([], ['a/B.resource-meta.xml'], services).join(), /there is no resource B$/);
    assert.deepEqual(checkReferences([], ['a/B.json', 'a/B.resource-meta.xml'], services), []);
  });
});
