// The check of the commands of CLIs in documents.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkCli, checkNames, commandIn, usedCommands } from '../cli.js';

const CLIS = {
  heroku: {
    separator: ':',
    versions: { heroku: '1.0.0' },
    commands: {
      'ps:scale': { names: ['scale'], loose: true, args: [], flags: { app: { char: 'a', value: true, required: true } } },
      'redis:maxmemory': { args: [{ name: 'database' }], flags: { app: { value: true, required: true }, policy: { char: 'p', value: true, required: true, options: ['noeviction'] } } },
      'apps:info': { args: [], flags: { json: { char: 'j' } } },
      connect: { args: [{ name: 'connection_name', required: true }], flags: {} },
      local: { args: [], flags: { port: { char: 'p', value: true } } },
    },
  },
  sf: { separator: ' ', versions: { sf: '2.0.0' }, commands: { 'org display': { args: [], flags: {} }, 'org display user': { args: [], flags: { json: {} } } } },
};
const inBlock = (command) => checkCli(`\`\`\`sh\n${command}\n\`\`\`\n`, CLIS).join('\n');
const inText = (command) => checkCli(`Type \`${command}\` there.\n`, CLIS).join('\n');

describe('a command of a CLI', () => {
  const good = [
    'heroku ps:scale web=1 worker=4:standard-1x',
    'heroku scale web=1 -a x',
    'heroku redis:maxmemory --policy noeviction',
    'heroku redis:maxmemory STORE --policy=noeviction --app "$APP"',
    'X=$(heroku apps:info --json | jq -r .app.id)',
    'heroku connect my_org  # a comment',
    'heroku connect --help my_org',
    'A=b bin/sf-session my_org heroku local --port 8080',
    'sf org display user --json | jq .',
    '(cd x && sf org display)',
    'git push heroku main',
  ];
  for (const command of good) {
    it(`passes: ${command}`, () => assert.equal(inBlock(command), ''));
  }

  const bad = [
    ['heroku ps:scael web=1', /no such command of heroku \(1\.0\.0\)/],
    ['heroku', /no such command/],
    ['sf org displya', /no such command of sf/],
    ['heroku redis:maxmemory', /needs --policy$/],
    ['heroku redis:maxmemory --policy', /--policy wants a value/],
    ['heroku redis:maxmemory --policy allkeys-lru', /--policy is one of noeviction, and not allkeys-lru/],
    ['heroku redis:maxmemory A B --policy noeviction', /takes 1 arguments, and has 2: A B/],
    ['heroku apps:info --jsno', /has no flag --jsno/],
    ['heroku apps:info -x', /has no flag -x/],
    ['heroku apps:info --json=1', /--json takes no value/],
    ['heroku connect', /needs connection_name/],
    ['ID=$(heroku apps:info --jsno | jq .)', /has no flag --jsno/],
    ['x "$(heroku conect a)"', /no such command/],
    ['bin/sf-session my_org heroku local --prot 1', /has no flag --prot/],
  ];
  for (const [command, problem] of bad) {
    it(`is refused: ${command}`, () => assert.match(inBlock(command), problem));
  }

  it('may be named in a sentence without what it needs', () => assert.equal(inText('heroku connect'), ''));
  it('is known where a sentence names it', () => assert.match(inText('heroku conect my_org'), /no such command/));
  it('has the flags that a sentence says', () => assert.match(inText('heroku local --prot 1'), /has no flag --prot/));
  it('may be an outline', () => assert.equal(inText('heroku connect … --pilot') + inText('heroku ps:…'), ''));
  it('may be a topic in a sentence', () => assert.equal(inText('sf org') + inText('heroku apps'), ''));
  it('is no topic where it is typed', () => assert.match(inBlock('sf org'), /no such command/));
  it('may be a program alone', () => assert.equal(inText('heroku'), ''));

  it('is the longest name', () =>
    assert.deepEqual(commandIn(['org', 'display', 'user', 'x'], CLIS.sf.commands, ' '), { id: 'org display user', rest: ['x'] }));
  it('is found for its declaration', () =>
    assert.deepEqual(usedCommands('`heroku a x`\n```sh\ny && heroku b\n```\n', 'heroku', ([name]) => name), ['b', 'a']));
});

describe('names in commands', () => {
  const known = {
    variables: new Set(['PATTERN']),
    app: { buildpacks: [{ url: 'heroku/mesh' }, { url: 'https://github.com/emk/heroku-buildpack-rust' }], addons: [{ plan: 'heroku-redis:mini' }] },
    processes: new Map([['web', 'x']]),
    services: new Set(['org-job-worker']),
  };
  const problems = (command) => checkNames(`\`\`\`sh\n${command}\n\`\`\`\n`, known).join('\n');

  for (const command of [
    'heroku config:set PATTERN=org-job',
    'x=$(heroku config:get PATTERN)',
    'heroku ps:scale web=1:basic',
    'heroku buildpacks:add emk/rust',
    'heroku addons:create heroku-redis:premium-0 --wait',
    'docker compose up --scale org-job-worker=4 --build',
  ]) {
    it(`are known: ${command}`, () => assert.equal(problems(command), ''));
  }
  for (const [command, problem] of [
    ['heroku config:set PATERN=org-job', /PATERN is no variable/],
    ['x=$(heroku config:get PATERN)', /PATERN is no variable/],
    ['heroku ps:scale wrker=1', /wrker is no process/],
    ['heroku buildpacks:add emk/rsut', /emk\/rsut is no buildpack/],
    ['heroku addons:create heroku-reids:mini', /heroku-reids is no add-on/],
    ['heroku addons:create heroku-redis:hobby-dev', /hobby-dev is no plan/],
    ['docker compose up --scale org-job-wroker=4', /org-job-wroker is no service/],
  ]) {
    it(`are refused: ${command}`, () => assert.match(problems(command), problem));
  }
});
