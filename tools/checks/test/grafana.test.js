// The expressions of a Grafana dashboard.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expressionsOf, rulesOf } from '../grafana.js';

const DASHBOARD = {
  panels: [
    { title: 'a row', panels: [{ title: 'inside', targets: [{ expr: 'up' }] }] },
    { title: 'rate', targets: [{ expr: 'rate(a_total{queue=~"$queue"}[$__rate_interval])' }, { expr: 'b' }] },
    { title: 'text' },
  ],
};

describe('a Grafana dashboard', () => {
  it('has every expression as a rule, with values in place of variables', () => {
    assert.deepEqual(expressionsOf(DASHBOARD).map(({ title }) => title), ['inside', 'rate', 'rate']);
    const expressions = rulesOf(DASHBOARD).groups[0].rules.map(({ expr }) => expr);
    assert.deepEqual(expressions, ['up', 'rate(a_total{queue=~".*"}[5m])', 'b']);
  });

  it('names a variable that nobody fills', () => {
    const unknown = { panels: [{ title: 'memory', targets: [{ expr: 'a{app="$app"}' }] }] };
    assert.throws(() => rulesOf(unknown), /memory: \$app is no variable/);
  });
});
