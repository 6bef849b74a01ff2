// The checks of Apex must catch what they are for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { checkFile } from '../apex.js';
import { servicesOf } from '../external-services.js';
import { DOCUMENT } from '../fixtures/document.js';

const services = servicesOf([DOCUMENT]);
const classes = new URL('../../../salesforce/force-app/main/default/classes/', import.meta.url);

describe('a class', () => {
  const source = readFileSync(new URL('QuotePricing.cls', classes), 'utf8');
  const check = (changed) => checkFile('a/QuotePricing.cls', changed, services).join('\n');

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
  const check = (source) => checkFile('scripts/apex/a.apex', source, services).join('\n');

  it('is a block of statements', () => {
    assert.equal(check("// A comment\nfor (Account a : [SELECT Id FROM Account]) {\n  System.debug('it' + a.Id);\n}\n"), '');
    assert.match(check('System.debug(1)'), /a\.apex:1:/);
    assert.match(check('if (true) { System.debug(1);'), /a\.apex:1:/);
  });
});

describe('a call of a service', () => {
  const check = (source) => checkFile('a.apex', source, services).join('\n');
  const request = 'HerokuAppLink.Prices.getPrice_Request request = new HerokuAppLink.Prices.getPrice_Request();\n';
  const service = 'HerokuAppLink.Prices service = new HerokuAppLink.Prices();\n';

  it('passes with the names that follow from the document', () => {
    const source = `${request}${service}
      HerokuAppLink.Prices_Order order = new HerokuAppLink.Prices_Order();
      order.id = 'x';
      request.body = order;
      request.currency = 'EUR';
      try {
        Decimal amount = service.getPrice(request).Code200.amount;
        System.debug(request.body.last.amount);
        System.debug(new HerokuAppLink.Prices().listOrders().Code200?.last?.unit);
      } catch (HerokuAppLink.Prices.getPrice_ResponseException refused) {
        System.debug(refused.responseCode + refused.Code404.message + refused.defaultResponse + refused.getMessage());
      }
      List<HerokuAppLink.Prices_Order> orders = new List<HerokuAppLink.Prices_Order>{ order };
      for (HerokuAppLink.Prices_Order one : orders) { System.debug(one.id); }`;
    assert.equal(check(source), '');
  });

  const refused = [
    ['a service without a document', 'HerokuAppLink.Sales s = new HerokuAppLink.Sales();', /has the title Sales \(there are: Prices\)$/],
    ['a class that the document does not give', 'HerokuAppLink.Prices_Ordre o;', /1: the document of Prices gives no class HerokuAppLink\.Prices_Ordre/],
    ['an operation that is none', `${service}service.getPrise();`, /2: HerokuAppLink\.Prices has no method getPrise/],
    ['an operation in other letters', `${request}${service}service.getprice(request);`, /has no method getprice/],
    ['too few arguments', `${service}service.getPrice();`, /getPrice takes 1 arguments, not 0/],
    ['too many arguments', `${service}service.listOrders(1, new List<Integer>{ 2, 3 });`, /listOrders takes 0 arguments, not 2/],
    ['no callback', `${service}service.sendOrder(null);`, /sendOrder takes 3 arguments, not 1/],
    ['a parameter that is none', `${request}request.language = 'en';`, /getPrice_Request has no field language/],
    ['a parameter whose name in Apex nobody knows', `${request}request.Idempotency_Key = 'x';`, /has no field Idempotency_Key/],
    ['a field of the request that is none', `${request}request.body.number = 1;`, /Prices_Order has no field number/],
    ['a field of a field that is none', `${request}System.debug(request.body.last.sum);`, /Prices_Price has no field sum/],
    ['an answer that is not declared', `${request}${service}service.getPrice(request).Code201.amount;`, /getPrice_Response has no field Code201/],
    ['an error among the answers', `${request}${service}service.getPrice(request).Code404.message;`, /has no field Code404/],
    ['an error that has no content', 'try { f(); } catch (HerokuAppLink.Prices.getPrice_ResponseException e) { e.Code500; }', /has no field Code500/],
    ['a field of a new object that is none', 'System.debug(new HerokuAppLink.Prices_Order().number);', /Prices_Order has no field number/],
  ];
  for (const [what, source, message] of refused) {
    it(`is refused with ${what}`, () => assert.match(check(source), message));
  }

  it('knows where a variable ends', () => {
    const other = 'void a(HerokuAppLink.Prices_Order one) { one.id = 1; } void b(Account one) { one.Name = 2; }';
    assert.equal(checkFile('A.cls', `class A { ${other} }`, services).join(), '');
    const inner = 'void a() { if (true) { HerokuAppLink.Prices_Order one; } Account one; one.Name = 1; }';
    assert.equal(checkFile('A.cls', `class A { ${inner} }`, services).join(), '');
  });

  it('names a missing service once', () => {
    assert.equal(checkFile('a.apex', 'HerokuAppLink.Sales s = new HerokuAppLink.Sales(); HerokuAppLink.Sales_Order o;', services).length, 1);
  });
});

describe('a callback class', () => {
  const check = (method, type = 'List<HerokuAppLink.Prices.sendOrder_delivered_Callback> all') =>
    checkFile(
      'A.cls',
      `public class A extends HerokuAppLink.Prices.sendOrder_Callback { public override void ${method}(${type}) {
         for (HerokuAppLink.Prices.sendOrder_delivered_Callback one : all) { System.debug(one.response?.body.amount); } } }`,
      services,
    ).join('\n');

  it('overrides the callbacks of the operation', () => {
    assert.equal(check('delivered'), '');
    assert.match(check('arrived'), /has no callback arrived[^]*the callback delivered of .* is not overridden/);
    assert.match(check('delivered', 'List<HerokuAppLink.Prices.sendOrder_sent_Callback> all'), /no class .*sendOrder_sent_Callback/);
  });

  it('is none of an operation without callbacks', () => {
    const source = 'class A extends HerokuAppLink.Prices.getPrice_Callback {}';
    assert.match(checkFile('A.cls', source, services).join(), /gives no class HerokuAppLink\.Prices\.getPrice_Callback/);
  });
});
