// The check of the commands in READMEs.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkCommands, checkPrograms } from '../commands.js';

const DOCUMENT = {
  info: { title: 'Quotes' },
  paths: {
    '/a': { get: { operationId: 'show' }, post: { operationId: 'make', 'x-sfdc': { heroku: { authorization: { externalClientApp: 'QuotesApp', permissionSet: 'QuotePermissions' } } } } },
  },
};
const COMMAND = `heroku salesforce:publish services/quotes/web/api-docs.yaml --client-name Quotes --connection-name my_org \\
    --authorization-external-client-app-name QuotesApp --authorization-permission-set-name QuotePermissions  # all of it`;

const check = (command) =>
  checkCommands(`Text of my-org.\n\n\`\`\`sh\n${command}\n\`\`\`\n`, new Map([['services/quotes/web/api-docs.yaml', DOCUMENT]])).join('\n');

describe('a command', () => {
  it('passes when it says what the document says', () => assert.equal(check(COMMAND), ''));
  it('is found in a list, too', () => assert.match(checkCommands('1. One:\n   ```sh\n   heroku salesforce:connect my-org\n   ```\n', new Map()).join(), /my-org is no name/));
  it('may publish a copy', () => assert.equal(check('heroku salesforce:publish /tmp/a.yaml --client-name X --connection-name my_org'), ''));

  it('scales to a size that scales', () => assert.equal(check('heroku ps:scale web=1:basic worker=4:standard-1x'), ''));

  const refused = [
    ['more than one dyno has no size', 'heroku ps:scale web=1 worker=4', /^worker=4: eco and basic/],
    ['more than one dyno is basic', 'heroku ps:scale worker=12:basic', /^worker=12:basic: eco and basic/],
    ['a name for the JWT flow has a hyphen', 'heroku salesforce:connect:jwt my-org --app a', /my-org is no name/],
    ['its connection has a hyphen', COMMAND.replace('my_org', 'my-org'), /my-org is no name for AppLink/],
    ['a name has two underscores in a row', 'heroku salesforce:connect my__org', /my__org is no name/],
    ['a name is too short', 'heroku salesforce:authorizations:add ab', /ab is no name/],
    ['the document is elsewhere', COMMAND.replace('web/', ''), /there is no services\/quotes\/api-docs\.yaml/],
    ['the client has another name', COMMAND.replace('Quotes ', 'Quote '), /wants --client-name Quotes, and the command has Quote$/],
    ['the app has another name', COMMAND.replace('QuotesApp', 'App'), /wants --authorization-external-client-app-name QuotesApp, and the command has App$/],
    ['the permission set is missing', COMMAND.replace('--authorization-permission-set-name QuotePermissions', ''), /wants --authorization-permission-set-name QuotePermissions, and the command has none$/],
    ['it names a connected app', COMMAND.replace('  # all of it', ' --authorization-connected-app-name App'), /is for connected apps$/],
  ];
  for (const [name, command, expected] of refused) {
    it(`is refused when ${name}`, () => assert.match(check(command), expected));
  }
});

describe('programs and files of a command', () => {
  const known = { files: new Set(['bin/demo', 'services/a/web/api-docs.yaml', 'salesforce/scripts/apex/a.apex']), binaries: new Set(['local-org', 'demo']) };
  const programs = (command, folder = '') => checkPrograms(`\`\`\`sh\n${command}\n\`\`\`\n`, { ...known, folder }).join('\n');

  const good = [
    'bin/demo --pattern x',
    'target/debug/local-org --port 1 & sleep 5',
    'cargo run --bin local-org -- publish services/a/web/api-docs.yaml',
    'PORT=1 target/release/demo & bin/demo',
    'curl -d @services/a/web/api-docs.yaml http://127.0.0.1/bin/none',
    '(cd salesforce && ls services/a)',
  ];
  for (const command of good) {
    it(`are there: ${command}`, () => assert.equal(programs(command), ''));
  }
  it('are there in the folder that the commands stand in', () => assert.equal(programs('sf apex run --file scripts/apex/a.apex', 'salesforce/'), ''));

  const bad = [
    ['bin/none', /there is no file bin\/none/],
    ['target/debug/none &', /there is no program none/],
    ['PORT=1 target/debug/none', /there is no program none/],
    ['cargo build --release --package none', /there is no program none/],
    ['x "$(cat services/a/none.yaml)"', /there is no file services\/a\/none.yaml/],
    ['sf apex run --file scripts/apex/a.apex', /there is no file scripts\/apex\/a.apex/],
  ];
  for (const [command, problem] of bad) {
    it(`are missing: ${command}`, () => assert.match(programs(command), problem));
  }
});
