// The checks of Lightning web components and of the rules that Apex has in common with the services.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkBundles } from '../lwc.js';
import { checkPricing } from '../pricing.js';

const BUNDLE = {
  'app/lwc/job/job.js': "import { LightningElement } from 'lwc';\nimport start from '@salesforce/apex/Jobs.start';\nimport { a } from './parts';\nexport { b } from './parts';\n",
  'app/lwc/job/parts.js': 'export const a = 1;\n',
  'app/lwc/job/job.html': '<template></template>',
  'app/lwc/job/job.js-meta.xml': '<LightningComponentBundle/>',
  'app/lwc/job/__tests__/job.test.js': "import x from './anything';",
  'app/classes/Jobs.cls': 'public class Jobs { @AuraEnabled(cacheable=true) public static Map<Id, String> start(String a) {} public static void stop() {} }',
};

const check = (changes) => {
  const files = { ...BUNDLE, ...changes };
  const present = Object.keys(files).filter((file) => files[file] !== null);
  return checkBundles(present, (file) => files[file]).join('\n');
};

describe('a component', () => {
  it('passes when it is complete', () => assert.equal(check({}), ''));

  const refused = [
    ['its JavaScript is missing', { 'app/lwc/job/job.js': null }, /job: there is no job\.js$/],
    ['its metadata is missing', { 'app/lwc/job/job.js-meta.xml': null }, /there is no job\.js-meta\.xml/],
    ['it has a file that an org does not take', { 'app/lwc/job/notes.md': '' }, /does not take notes\.md/],
    ['its name begins with a capital', { 'app/lwc/Job/Job.js': '', 'app/lwc/Job/Job.js-meta.xml': '' }, /small letter/],
    ['it imports a file that is none', { 'app/lwc/job/parts.js': null }, /job\.js imports \.\/parts, which does not exist/],
    ['it imports a class that is none', { 'app/classes/Jobs.cls': null }, /there is no class Jobs/],
    ['it imports a method that components cannot call', { 'app/lwc/job/job.js': "import stop from '@salesforce/apex/Jobs.stop';" }, /no @AuraEnabled method stop/],
  ];
  for (const [what, changes, message] of refused) {
    it(`is refused when ${what}`, () => assert.match(check(changes), message));
  }
});

describe('pricing rules in Apex', () => {
  const TOML = 'default_region = "US"\n[regions.US]\ndiscount = 10\ncountries = ["US"]\n[families]\nSupport = 2.5\n';
  const JSON_RULES = { default_region: 'US', regions: { US: { discount: 10, countries: ['US'] } }, families: { Support: 2.5 } };
  const compare = (changes) => checkPricing(TOML, JSON.stringify({ ...JSON_RULES, ...changes })).join();

  it('are those of the services', () => {
    assert.equal(compare({}), '');
    assert.match(compare({ families: { Support: 2 } }), /families is not what/);
    assert.match(compare({ regions: { US: { discount: 10, countries: [] } } }), /regions is not what/);
    assert.match(compare({ default_region: undefined }), /default_region is not what/);
    assert.match(compare({ quantities: [] }), /quantities is not what/);
  });
});
