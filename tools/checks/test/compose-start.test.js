// The check of the processes of docker-compose.yml must catch what it is for.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkStarts } from '../compose-start.js';

describe('the processes of docker-compose.yml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'compose-start-'));
  after(() => rmSync(folder, { recursive: true }));
  // Complains as the services do, or waits for Redis.
  const script = '#!/bin/sh\nif [ -z "$JOB_SECRET_KEY" ]; then echo "JOB_SECRET_KEY: is not set" >&2; exit 64; fi\n';
  writeFileSync(join(folder, 'service'), `${script}echo "looking for $REDIS_URL"\nsleep 60\n`);
  chmodSync(join(folder, 'service'), 0o755);
  const check = async (environment, command = ['service']) =>
    (await checkStarts({ compose: { services: { web: { build: {}, command, environment } } }, folder })).join('\n');

  it('pass with all variables', async () => {
    assert.equal(await check({ JOB_SECRET_KEY: 'x', PORT: '8080' }), '');
  });

  it('are refused without one of them, by its name', async () => {
    assert.match(await check({ PORT: '8080' }), /web: service does not start: JOB_SECRET_KEY: is not set/);
  });

  it('are refused when there is no such binary', async () => {
    assert.match(await check({}, ['nothing']), /nothing does not start/);
  });

  it('leave local-org and images of others out', async () => {
    assert.equal(await check({}, ['local-org']), '');
    assert.deepEqual(await checkStarts({ compose: { services: { redis: { image: 'redis', command: ['nothing'] } } }, folder }), []);
  });
});
