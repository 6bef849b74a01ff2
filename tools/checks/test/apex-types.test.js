// The type check of Apex must catch what it is for. APEX_JAVA names a program that runs Java 21; bin/check-deploy sets it.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { checkTypes } from '../apex-types.js';
import { stubsOf } from '../apex-stubs.js';
import { DOCUMENT } from '../fixtures/document.js';

const request = 'HerokuAppLink.Prices.getPrice_Request request = new HerokuAppLink.Prices.getPrice_Request();\n';
const service = 'HerokuAppLink.Prices service = new HerokuAppLink.Prices();\n';
const good = `${request}${service}
  HerokuAppLink.Prices_Order order = new HerokuAppLink.Prices_Order();
  order.id = 'x';
  request.body = order;
  request.currency = 'EUR';
  try {
    Double amount = service.getPrice(request).Code200.amount;
    System.debug(request.body.last.amount + amount);
    String unit = new HerokuAppLink.Prices().listOrders().Code200?.last?.unit;
  } catch (HerokuAppLink.Prices.getPrice_ResponseException refused) {
    System.debug(refused.responseCode + refused.Code404.message + refused.defaultResponse + refused.getMessage());
  }
  for (HerokuAppLink.Prices_Order one : new List<HerokuAppLink.Prices_Order>{ order }) { System.debug(one.id); }`;

/** Bodies of a method that an org would refuse, each with what the check says. */
const bad = {
  UnknownService: ['HerokuAppLink.Sales s = new HerokuAppLink.Sales();', /HerokuAppLink\.Sales/],
  UnknownSchema: ['HerokuAppLink.Prices_Ordre o;', /HerokuAppLink\.Prices_Ordre/],
  UnknownOperation: [`${service}service.getPrise();`, /getPrise/],
  TooFewArguments: [`${service}service.getPrice();`, /getPrice/],
  TooManyArguments: [`${service}service.listOrders(1, 2);`, /listOrders/],
  NoCallback: [`${service}service.sendOrder(null);`, /sendOrder/],
  UnknownParameter: [`${request}request.language = 'en';`, /language/],
  HeaderParameter: [`${request}request.Idempotency_Key = 'x';`, /Idempotency_Key/],
  UnknownField: [`${request}request.body.number = 1;`, /number/],
  UnknownNestedField: [`${request}System.debug(request.body.last.sum);`, /sum/],
  UndeclaredAnswer: [`${request}${service}System.debug(service.getPrice(request).Code201);`, /Code201/],
  ErrorAmongAnswers: [`${request}${service}System.debug(service.getPrice(request).Code404);`, /Code404/],
  WrongTypeOfField: [`${request}${service}Integer unit = service.getPrice(request).Code200.unit;`, /String|Integer/],
  UnknownVariable: ['System.debug(nothing);', /nothing/],
  UnknownMethod: ["'text'.shout();", /shout/],
  UnknownSobjectField: ['Account a = new Account(Nmae = \'x\');', /Nmae/],
};
const callback = (method, type) => `public class A extends HerokuAppLink.Prices.sendOrder_Callback {
  public override void ${method}(List<HerokuAppLink.Prices.${type}> all) {
    for (HerokuAppLink.Prices.sendOrder_delivered_Callback one : all) { System.debug(one.response?.body.amount); } } }`;

describe('types of Apex', () => {
  const project = mkdtempSync(join(tmpdir(), 'apex-project-'));
  let problems;
  before(async () => {
    assert.ok(process.env.APEX_JAVA, 'APEX_JAVA names a program that runs Java 21');
    mkdirSync(join(project, 'app'));
    mkdirSync(join(project, 'scripts/apex'), { recursive: true });
    writeFileSync(join(project, 'sfdx-project.json'), JSON.stringify({ packageDirectories: [{ path: 'app' }] }));
    writeFileSync(join(project, 'scripts/apex/good.apex'), `// A script.\n${good}\n`);
    writeFileSync(join(project, 'scripts/apex/bad.apex'), '// A script.\nSystem.debug(1);\nnothing();\n');
    const classes = Object.entries(bad).map(([name, [body]]) => [name, `public class ${name} { void run() { ${body} } }`]);
    const more = {
      Good: `public class Good { void run() { ${good} } }`,
      GoodCallback: callback('delivered', 'sendOrder_delivered_Callback').replace('class A', 'class GoodCallback'),
      WrongCallback: callback('arrived', 'sendOrder_delivered_Callback').replace('class A', 'class WrongCallback'),
      WrongCallbackType: callback('delivered', 'sendOrder_sent_Callback').replace('class A', 'class WrongCallbackType'),
      ...Object.fromEntries(classes),
    };
    problems = await checkTypes({ project, documents: [DOCUMENT], java: process.env.APEX_JAVA, more });
  });
  after(() => rmSync(project, { recursive: true }));

  const of = (name) => problems.filter((problem) => problem.includes(`/${name}.cls:`)).join('\n');

  it('pass with the names and types that follow from the document', () => {
    assert.equal([of('Good'), of('GoodCallback'), of('Script_good')].join(''), '');
  });
  for (const [name, [, message]] of Object.entries(bad)) {
    it(`are refused: ${name}`, () => assert.match(of(name), message));
  }
  it('are refused in a callback class', () => {
    assert.notEqual(of('WrongCallback'), '');
    assert.match(of('WrongCallbackType'), /sendOrder_sent_Callback/);
  });
  it('are refused in a script, with its own line', () => assert.match(of('Script_bad'), /:3: .*nothing/));
});

describe('the stubs of a document', () => {
  it('have a class for the service and each object', () => {
    assert.deepEqual([...stubsOf(DOCUMENT).keys()].sort(), ['Prices', 'Prices_Order', 'Prices_Price', 'Prices_Problem']);
  });
});
