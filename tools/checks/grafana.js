// A Grafana dashboard's expressions as a file of recording rules, so that `promtool check rules` reads each of them.
//   node grafana.js FILE
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** What Grafana puts in for its variables, one value for each. */
const VARIABLES = { $__rate_interval: '5m', $queue: '.*' };

/** All expressions of a dashboard, with the title of their panel. */
export function expressionsOf(dashboard) {
  const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  return panels.flatMap((panel) => (panel.targets ?? []).map(({ expr }) => ({ title: panel.title, expr })));
}

/** The same as recording rules; JSON is YAML. */
export function rulesOf(dashboard) {
  const rules = expressionsOf(dashboard).map(({ title, expr }, number) => {
    const filled = expr.replace(/\$\w+/g, (name) => {
      if (!(name in VARIABLES)) throw new Error(`${title}: ${name} is no variable of the dashboard`);
      return VARIABLES[name];
    });
    return { record: `panel:expression:${number}`, expr: filled };
  });
  return { groups: [{ name: 'grafana', rules }] };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const dashboard = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  process.stdout.write(`${JSON.stringify(rulesOf(dashboard), null, 2)}\n`);
}
