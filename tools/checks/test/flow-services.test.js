// The checks of flows that call a service must catch what they are for.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { servicesOf } from '../external-services.js';
import { checkServiceCalls } from '../flow-services.js';
import { parseXml } from '../xml.js';
import { DOCUMENT } from '../fixtures/document.js';

const services = servicesOf([DOCUMENT]);

const variable = (name, schema) =>
  `<variables><name>${name}</name><apexClass>herokuapplink__Prices_${schema}</apexClass><dataType>Apex</dataType></variables>`;

const FLOW = `<Flow>
  <actionCalls>
    <name>Ask</name>
    <actionName>Prices.getPrice</actionName>
    <actionType>externalService</actionType>
    <faultConnector><targetReference>Fault</targetReference></faultConnector>
    <inputParameters><name>body</name><value><elementReference>Order</elementReference></value></inputParameters>
    <inputParameters><name>currency</name><value><stringValue>EUR</stringValue></value></inputParameters>
    <nameSegment>Prices.getPrice</nameSegment>
    <outputParameters><assignToReference>Price</assignToReference><name>200</name></outputParameters>
    <outputParameters><assignToReference>Problem</assignToReference><name>404</name></outputParameters>
    <outputParameters><assignToReference>Code</assignToReference><name>responseCode</name></outputParameters>
  </actionCalls>
  <assignments><assignmentItems>
    <assignToReference>Order.id</assignToReference><value><elementReference>orderId</elementReference></value>
  </assignmentItems></assignments>
  <textTemplates><text>{!Order.last.amount} and {!Price.amount}</text></textTemplates>
  ${variable('Order', 'Order')}${variable('Price', 'Price')}${variable('Problem', 'Problem')}
  <variables><name>orderId</name><dataType>String</dataType></variables>
</Flow>`;

const check = (xml) => checkServiceCalls(parseXml(xml), services).join('\n');

describe('a flow that calls a service', () => {
  it('passes with the names of the document', () => assert.equal(check(FLOW), ''));

  const refused = [
    ['a service without a document', 'Prices.getPrice</actionName>', 'Sales.getPrice</actionName>', /no services\/\*\/web\/api-docs\.yaml has the title Sales/],
    ['an operation that is none', 'Prices.getPrice</actionName>', 'Prices.getPrise</actionName>', /Ask: the document of Prices has no operation getPrise/],
    ['an operation that calls back', />Prices\.getPrice</g, '>Prices.sendOrder<', /flows cannot take callbacks/],
    ['another name in the segment', '<nameSegment>Prices.getPrice', '<nameSegment>Prices.getOrder', /nameSegment is not Prices\.getPrice/],
    ['no fault path', /<faultConnector>.*<\/faultConnector>/, '', /there is no fault path/],
    ['an input that is none', '<name>currency<', '<name>language<', /has no input language/],
    ['no request', '<name>body<', '<name>currency<', /the input body is missing/],
    ['no parameter of the path', />Prices\.getPrice</g, '>Prices.getOrder<', /the input id is missing/],
    ['an output that is none', '<name>404<', '<name>500<', /has no output 500/],
    ['a request of another class', '<elementReference>Order<', '<elementReference>Price<', /the input body is a herokuapplink__Prices_Order, and Price is none/],
    ['an answer of another class', '<assignToReference>Price<', '<assignToReference>Order<', /the output 200 is a herokuapplink__Prices_Price/],
    ['a class that is none', 'herokuapplink__Prices_Problem', 'herokuapplink__Prices_Problems', /there is no class herokuapplink__Prices_Problems/],
    ['a class in other letters', 'herokuapplink__Prices_Problem', 'HerokuAppLink__Prices_Problem', /there is no class HerokuAppLink__Prices_Problem/],
    ['a field that is none', 'Order.id', 'Order.number', /Order\.number: the class of Order has no field number/],
    ['a field of a field that is none', '{!Order.last.amount}', '{!Order.last.sum}', /has no field sum/],
  ];
  for (const [what, from, to, message] of refused) {
    it(`is refused with ${what}`, () => {
      const changed = FLOW.replace(from, to);
      assert.notEqual(changed, FLOW);
      assert.match(check(changed), message);
    });
  }
});
