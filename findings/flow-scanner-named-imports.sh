#!/usr/bin/env bash
# @flow-scanner/lightning-flow-scanner-core 6.6.0 (npm), Node.js 20: the import that its README shows does not load.
#   expected  `import { parse, scan } from '…'` gives two functions, as the README's examples have it
#   seen      a SyntaxError at load: the package is CommonJS whose names Node.js cannot see; the default import and
#             require() have them
# Succeeds while that is so.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd -- "$work"
npm init --yes >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @flow-scanner/lightning-flow-scanner-core@6.6.0
echo 'import { parse, scan } from "@flow-scanner/lightning-flow-scanner-core"; console.log(typeof parse, typeof scan);' >named.mjs
echo 'import scanner from "@flow-scanner/lightning-flow-scanner-core"; console.log(typeof scanner.parse, typeof scanner.scan);' >default.mjs

grep --quiet 'import { parse, scan } from' node_modules/@flow-scanner/lightning-flow-scanner-core/README.md ||
    { echo "changed: the README does not show that import any more"; exit 1; }
if output=$(node named.mjs 2>&1); then
    echo "changed: named imports work: $output"
    exit 1
fi
grep --quiet SyntaxError <<<"$output" || { echo "changed: another error: $output"; exit 1; }
[[ $(node default.mjs) == "function function" ]] || { echo "changed: the default import has no functions"; exit 1; }
echo "as before: named imports are a SyntaxError, the default import works (Node.js $(node --version))"
