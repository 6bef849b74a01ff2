// The checks of Apex must catch what they are for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { checkFile } from '../apex.js';

const classes = new URL('../../../salesforce/force-app/main/default/classes/', import.meta.url);

describe('a class', () => {
  const source = readFileSync(new URL('QuotePricing.cls', classes), 'utf8');
  const check = (changed) => checkFile('a/QuotePricing.cls', changed).join('\n');

  it('passes as it is', () => assert.equal(check(source), ''));

  const refused = [
    ['cut off', (text) => text.slice(0, -20), /QuotePricing\.cls:\d+:\d+: /],
    ['without a semicolon', (text) => text.replace("'QuotePricingRules';", "'QuotePricingRules'"), /QuotePricing\.cls:\d+:/],
    ['with a wrong escape in a text', (text) => text.replace("'is empty'", "'is \\empty'"), /token recognition error/],
    ['with something after it', (text) => `${text}}`, /extraneous input '}'/],
    ['under the name of another file', (text) => text.replaceAll('QuotePricing', 'Pricing'), /it defines Pricing/],
  ];
  for (const [how, change, message] of refused) {
    it(`is refused when it is ${how}`, () => {
      const changed = change(source);
      assert.notEqual(changed, source);
      assert.match(check(changed), message);
      assert.doesNotMatch(check(changed), /geolocation/, 'without all the keywords of Apex');
    });
  }
});

describe('a script', () => {
  const check = (source) => checkFile('scripts/apex/a.apex', source).join('\n');

  it('is a block of statements', () => {
    assert.equal(check("// A comment\nfor (Account a : [SELECT Id FROM Account]) {\n  System.debug('it' + a.Id);\n}\n"), '');
    assert.match(check('System.debug(1)'), /a\.apex:1:/);
    assert.match(check('if (true) { System.debug(1);'), /a\.apex:1:/);
  });
});
