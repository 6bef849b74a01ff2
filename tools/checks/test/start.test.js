// bin/start, run in a folder of its own with binaries that say what they were started with.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'start-'));
after(() => rmSync(folder, { recursive: true }));

function executable(path, text) {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

mkdirSync(join(folder, 'bin'));
copyFileSync(fileURLToPath(new URL('../../../bin/start', import.meta.url)), join(folder, 'bin/start'));
for (const binary of ['org-job-web', 'org-job-worker', 'eventing-web']) {
  executable(`target/release/${binary}`, `echo "${binary} APP_PORT=$APP_PORT"`);
}
executable('mesh/heroku-applink-service-mesh', 'printf "mesh "; exec "$@"');

const withMesh = `${join(folder, 'mesh')}:/usr/bin:/bin`;
const withoutMesh = '/usr/bin:/bin';

function start(process, env) {
  const { status, stdout, stderr } = spawnSync(join(folder, 'bin/start'), process, { env, encoding: 'utf8' });
  return { status, stdout: stdout.trim(), stderr: stderr.trim() };
}

describe('bin/start', () => {
  const started = [
    ['the worker, without the mesh', ['worker'], { PATH: withMesh, PATTERN: 'org-job' }, 'org-job-worker APP_PORT='],
    ['the web process behind the mesh', ['web'], { PATH: withMesh, PATTERN: 'org-job', DYNO: 'web.1' }, 'mesh org-job-web APP_PORT=3000'],
    ['the web process on the APP_PORT that is set', ['web'], { PATH: withMesh, PATTERN: 'org-job', APP_PORT: '4000' }, 'mesh org-job-web APP_PORT=4000'],
    ['the web process without a mesh on a developer\'s machine', ['web'], { PATH: withoutMesh, PATTERN: 'org-job' }, 'org-job-web APP_PORT='],
    ['a web process that Salesforce does not call', ['web'], { PATH: withMesh, PATTERN: 'eventing', DYNO: 'web.1' }, 'eventing-web APP_PORT='],
  ];
  for (const [what, process, env, output] of started) {
    it(`starts ${what}`, () => {
      assert.deepEqual(start(process, env), { status: 0, stdout: output, stderr: '' });
    });
  }

  const refused = [
    ['no process', [], { PATTERN: 'org-job' }, 64, /usage: bin\/start web\|worker/],
    ['an unknown process', ['clock'], { PATTERN: 'org-job' }, 64, /usage/],
    ['no PATTERN', ['web'], {}, 78, /PATTERN is not set/],
    ['a PATTERN that is a path', ['web'], { PATTERN: '../org-job' }, 78, /not the name of a pattern: \.\.\/org-job/],
    ['an unknown PATTERN', ['web'], { PATTERN: 'org-jbo' }, 72, /there is no \.\/target\/release\/org-jbo-web/],
    ['a worker of the dashboard', ['worker'], { PATTERN: 'dashboard' }, 64, /has no worker: heroku ps:scale worker=0/],
    ['no mesh on a dyno', ['web'], { PATTERN: 'org-job', DYNO: 'web.1' }, 72, /add the buildpack heroku\/heroku-applink-service-mesh/],
  ];
  for (const [what, process, env, status, message] of refused) {
    it(`stops with one line for ${what}`, () => {
      const result = start(process, { PATH: withoutMesh, ...env });
      assert.equal(result.status, status);
      assert.match(result.stderr, message);
      assert.equal(result.stderr.split('\n').length, 1);
      assert.equal(result.stdout, '');
    });
  }
});
