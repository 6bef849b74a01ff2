// Salesforce Code Analyzer: the rules that it recommends for Apex and Lightning web components.
import { relative } from 'node:path';
import { CodeAnalyzer, CodeAnalyzerConfig } from '@salesforce/code-analyzer-core';
import { ESLintEnginePlugin } from '@salesforce/code-analyzer-eslint-engine';
import { PmdCpdEnginesPlugin } from '@salesforce/code-analyzer-pmd-engine';
import { RegexEnginePlugin } from '@salesforce/code-analyzer-regex-engine';

/** What it has to find in the fixtures, or it finds nothing anywhere. */
export const EXPECTED = ['AvoidHardcodingId in FixedId.cls', '@lwc/lwc/no-async-operation in wait.js'];

/**
 * @param {{root: string, folders: string[], java: string}} what `java` runs Java 11 or later
 * @returns {Promise<{ran: string, problems: {rule: string, file: string, text: string}[]}>} problems of every severity
 */
export async function analyze({ root, folders, java }) {
  const config = CodeAnalyzerConfig.fromObject({
    engines: {
      pmd: { java_command: java },
      cpd: { java_command: java },
      // There is no React here, which the tool would warn of.
      eslint: { disable_react_base_config: true },
    },
  });
  const analyzer = new CodeAnalyzer(config);
  for (const plugin of [new PmdCpdEnginesPlugin(), new ESLintEnginePlugin(), new RegexEnginePlugin()]) {
    await analyzer.addEnginePlugin(plugin);
  }
  const workspace = await analyzer.createWorkspace(folders);
  const rules = await analyzer.selectRules(['Recommended'], { workspace });
  const results = await analyzer.run(rules, { workspace });
  // A rule or a file that an engine fails on is a violation of its own, of the engine's rule "UnexpectedEngineError".
  const problems = results.getViolations().map((violation) => {
    const { rule, place } = { rule: violation.getRule(), place: violation.getPrimaryLocation() };
    const file = relative(root, place.getFile() ?? '');
    const text = `${file}:${place.getStartLine() ?? 0}: severity ${rule.getSeverityLevel()} ${rule.getName()}: ${violation.getMessage()}`;
    return { rule: rule.getName(), file, text };
  });
  const engines = rules.getEngineNames().map((name) => `${name} ${rules.getRulesFor(name).length}`);
  return { ran: `recommended rules by engine: ${engines.join(', ')}`, problems };
}
