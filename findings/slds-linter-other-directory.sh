#!/usr/bin/env bash
# @salesforce-ux/slds-linter 0.3.0 (npm): `slds-linter lint DIRECTORY` lints only below the current directory.
#   expected  a directory is linted wherever it is; the command's help says "Target directory to scan"
#   seen      outside the current directory the command fails for each path, and lints nothing; run from within, it is clean
# Succeeds while that is so.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkdir -p "$work/tool" "$work/project/lwc/card"
printf '.card {\n  display: block;\n}\n' >"$work/project/lwc/card/card.css"
cd -- "$work/tool"
npm init --yes >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @salesforce-ux/slds-linter@0.3.0
lint=$work/tool/node_modules/.bin/slds-linter

if output=$("$lint" lint "$work/project" 2>&1); then
    echo "changed: a directory elsewhere is linted"
    exit 1
fi
grep --quiet 'Failed to scan files' <<<"$output" || { echo "changed: another error: $output"; exit 1; }
cd -- "$work/project"
"$lint" lint . >/dev/null 2>&1 || { echo "changed: from within it fails, too"; exit 1; }
echo "as before: it fails for a directory elsewhere, and is clean from within"
