import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { interpolate, serviceOf } from '../compose-service.js';

const file = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8');

describe('a service of docker-compose.yml', () => {
  it('has the variables that it inherits, with other addresses', () => {
    const { variables, command } = serviceOf(file, 'org-job-web', { replacements: [['redis:6379', '127.0.0.1:1']] });
    assert.deepEqual(command, ['org-job-web']);
    for (const one of ['REDIS_URL=redis://127.0.0.1:1', 'ALLOW_PUBLISHED_SECRETS=true', 'LOG_LEVEL=info', 'TRUST_CLIENT_CONTEXT_FROM_ANYONE=true']) {
      assert.ok(variables.includes(one), `${one} in ${variables}`);
    }
  });

  it('takes variables of the environment', () => {
    assert.ok(serviceOf(file, 'org-job-worker', { env: { WORKER_CONCURRENCY: '7' } }).variables.includes('WORKER_CONCURRENCY=7'));
    assert.equal(interpolate('a ${A:-b} ${C} $$D', { A: '' }), 'a b  $D');
  });

  it('is named when there is none', () => {
    assert.throws(() => serviceOf(file, 'nobody'), /no service nobody/);
  });
});
