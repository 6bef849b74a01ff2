// The checks of the deployment files must catch what they are for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as deployment from '../deployment.js';

const appJson = readFileSync(new URL('../../../app.json', import.meta.url), 'utf8');
const binaries = new Set(['org-job-web', 'org-job-worker', 'local-org']);

/** app.json after a change to it. */
function changedApp(change) {
  const app = JSON.parse(appJson);
  change(app);
  return app;
}

describe('app.json', () => {
  it('passes as it is', () => {
    assert.deepEqual(deployment.checkAppJson(JSON.parse(appJson)), []);
  });

  const refused = [
    ['an unknown key', (app) => (app.addon = []), /additional properties.*addon/],
    ['a stack that Heroku does not have', (app) => (app.stack = 'heroku-2'), /stack/],
    ['a variable in lower case', (app) => (app.env.lower = { description: 'x' }), /lower/],
    ['a variable without description', (app) => (app.env.PATTERN = { value: 'x' }), /PATTERN.*description/],
    ['a number as value', (app) => (app.env.PATTERN.value = 1), /PATTERN\/value: must be string/],
    ['an unknown generator', (app) => (app.env.JOB_SECRET_KEY.generator = 'uuid'), /generator/],
    ['a value beside a generator', (app) => (app.env.JOB_SECRET_KEY.value = 'x'), /JOB_SECRET_KEY/],
    ['a dyno size that is none', (app) => (app.formation.web.size = 'huge'), /size/],
    ['a repository without owner', (app) => (app.repository = 'https://github.com/quotes'), /repository: must match/],
  ];
  for (const [what, change, message] of refused) {
    it(`is refused with ${what}`, () => {
      assert.match(deployment.checkAppJson(changedApp(change)).join('\n'), message);
    });
  }
});

describe('the button', () => {
  const address = 'https://git.example/someone/quotes';
  const check = (link, repository) =>
    deployment.checkButton({ app: { repository }, readme: `[![Deploy](https://www.herokucdn.com/deploy/button.svg)](${link})` }).join('\n');
  const link = 'https://www.heroku.com/deploy';

  it('names no address while the repository has none', () => assert.equal(check(link), ''));
  it('names the address of a copy', () => assert.equal(check(`${link}?template=${address}`, address), ''));
  it('may name a branch', () => assert.equal(check(`${link}?template=${address}/tree/main`, address), ''));
  it('is refused with an address that app.json does not have', () =>
    assert.match(check(`${link}?template=${address}`), /deploys https:\/\/git\.example\/someone\/quotes, and repository in app.json is not set/));
  it('is refused without the address that app.json has', () => assert.match(check(link, address), /deploys the page that it is on/));
  it('is refused with another address', () => assert.match(check(`${link}?template=${address}2`, address), /quotes2, and repository/));
  it('must be there', () => assert.match(check('https://example.com'), /no button/));
});

describe('processes', () => {
  const check = (text, change = () => {}) => {
    const { processes, problems } = deployment.parseProcfile(text);
    return [...problems, ...deployment.checkProcesses({ processes, app: changedApp(change), binaries })].join('\n');
  };
  const good = 'web: bin/start web\nworker: bin/start worker\n';

  it('pass when all are built', () => {
    assert.equal(check(good), '');
  });

  it('are refused when the Procfile is wrong', () => {
    assert.match(check(`${good}web: bin/start web\n`), /web stands twice/);
    assert.match(check(`${good}release bin/migrate\n`), /Procfile:3: not of the form/);
    assert.match(check('web: bin/start worker\nworker: bin/start worker\n'), /web is not started with/);
    assert.match(check('web: bin/start web\n'), /worker, which is not in the Procfile/);
  });

  it('are refused when nothing builds them', () => {
    assert.match(check(good, (app) => (app.env.PATTERN.value = 'org-jbo')), /org-jbo-web, which cargo does not build/);
  });
});

describe('docker-compose.yml', () => {
  const check = (services) => deployment.checkCompose({ compose: { services }, binaries }).join('\n');
  const web = { build: '.', command: ['org-job-web'], ports: ['127.0.0.1:8080:8080/tcp'] };

  it('passes with built commands, loopback ports and health checks', () => {
    const published = { host_ip: '127.0.0.1', target: 8080, published: '8080' };
    const redis = { image: 'redis', healthcheck: {}, ports: [published] };
    assert.equal(check({ redis, web: { ...web, depends_on: { redis: { condition: 'service_healthy' } } } }), '');
  });

  it('is refused otherwise', () => {
    assert.match(check({ web: { ...web, command: ['org-job-wbe'] } }), /org-job-wbe is to run/);
    assert.match(check({ web: { ...web, command: null } }), /nothing is to run/);
    assert.match(check({ web: { ...web, ports: ['8080:8080'] } }), /published to the network/);
    assert.match(check({ web: { ...web, ports: [{ target: 8080 }] } }), /published to the network/);
    assert.match(
      check({ redis: {}, web: { ...web, depends_on: { redis: { condition: 'service_healthy' } } } }),
      /redis is healthy, which has no health check/,
    );
  });
});

describe('the image', () => {
  it('for production is the last one and holds no local org', () => {
    const base = 'FROM rust:1 AS build\nRUN cp local-org /out/local/\nFROM debian AS base\nCOPY /out/services/ /bin/\n';
    const local = 'FROM base AS local\nCOPY /out/local/ /bin/\n';
    const check = (dockerfile, target) =>
      deployment.checkImage({ dockerfile, compose: { services: { web: { build: { context: '.', target } } } } }).join('\n');
    assert.equal(check(`${base}${local}# No local-org here.\nFROM base AS production\n`, 'local'), '');
    assert.match(check(`${base}FROM base AS production\n${local}`, 'local'), /last stage must be "production"/);
    assert.match(check(`${base}${local}FROM local AS production\n`, 'local'), /hold no local-org/);
    assert.match(check(`${base}FROM base AS production\n`, 'local'), /no stage local/);
  });
});

describe('builds', () => {
  it('use one version of Rust', () => {
    const toolchain = 'channel = "1.95.0"\n';
    const dockerfile = 'FROM rust:1.95.0-slim-bookworm AS build\nENV RUSTUP_TOOLCHAIN=1.95.0\n';
    const check = (rustConfig) => deployment.checkRustVersion({ toolchain, rustConfig, dockerfile });
    assert.deepEqual(check('VERSION=1.95.0\n'), []);
    assert.match(check('VERSION=1.94.0\n').join(), /RustConfig: Rust 1.94.0/);
    assert.match(check('').join(), /RustConfig: Rust undefined/);
  });

  it('leave out packages that exist', () => {
    const check = (text) => deployment.checkExcludes({ file: 'RustConfig', text, packages: new Set(['demo']) });
    assert.deepEqual(check('--workspace --exclude demo --bins'), []);
    assert.match(check('--workspace --exclude dmeo').join(), /--exclude dmeo/);
  });
});
