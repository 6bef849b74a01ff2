#!/usr/bin/env bash
# @flow-scanner/lightning-flow-scanner-core 6.6.0 (npm): GetRecordAllFields takes a Get Records element that names one field
# for one that stores all fields.
#   expected  with <queriedFields>Id</queriedFields> the rule has nothing to say: only that field is stored
#   seen      the rule applies, as it does without the line; with two such lines it has nothing to say. A single element of
#             the XML is no list for it
# Succeeds while that is so.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd -- "$work"
npm init --yes >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @flow-scanner/lightning-flow-scanner-core@6.6.0

# flow NAME FIELD…: a Flow that looks up an Account and stores these fields.
flow() {
    local name=$1
    shift
    cat >"$name.flow-meta.xml" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<Flow xmlns="http://soap.sforce.com/2006/04/metadata">
    <apiVersion>62.0</apiVersion>
    <label>$name</label>
    <processType>AutoLaunchedFlow</processType>
    <recordLookups>
        <name>GetAccount</name>
        <label>Get Account</label>
        <locationX>0</locationX>
        <locationY>0</locationY>
        <getFirstRecordOnly>true</getFirstRecordOnly>
        <object>Account</object>
        $(printf '<queriedFields>%s</queriedFields>' "$@")
        <storeOutputAutomatically>true</storeOutputAutomatically>
    </recordLookups>
    <start>
        <locationX>0</locationX>
        <locationY>0</locationY>
        <connector>
            <targetReference>GetAccount</targetReference>
        </connector>
    </start>
    <status>Active</status>
</Flow>
XML
}
flow One Id
flow Two Id Name
cat >scan.mjs <<'JS'
import scanner from '@flow-scanner/lightning-flow-scanner-core';
const flows = await scanner.parse(process.argv.slice(2));
for (const { flow, ruleResults } of scanner.scan(flows)) {
  console.log(flow.name, ruleResults.find(({ ruleName }) => ruleName === 'GetRecordAllFields').details.length);
}
JS

found=$(node scan.mjs "$work/One.flow-meta.xml" "$work/Two.flow-meta.xml")
[[ $found == $'One 1\nTwo 0' ]] || { echo "changed: violations by flow: $found"; exit 1; }
echo "as before: one queried field is taken for all fields, two are not"
