#!/usr/bin/env bash
# @flow-scanner/lightning-flow-scanner-core 6.6.0 (npm): TriggerOrder wants an order of Flows on platform events, which have
# none.
#   expected  the rule is about record-triggered Flows: triggerOrder is a field of theirs (Metadata API, type Flow), and only
#             they have an order in Flow Trigger Explorer
#   seen      the rule applies to a Flow with <triggerType>PlatformEvent</triggerType>, too
# Succeeds while that is so.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd -- "$work"
npm init --yes >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund @flow-scanner/lightning-flow-scanner-core@6.6.0
cat >OnEvent.flow-meta.xml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<Flow xmlns="http://soap.sforce.com/2006/04/metadata">
    <apiVersion>62.0</apiVersion>
    <assignments>
        <name>Count</name>
        <label>Count</label>
        <locationX>0</locationX>
        <locationY>0</locationY>
        <assignmentItems>
            <assignToReference>counted</assignToReference>
            <operator>Add</operator>
            <value>
                <numberValue>1.0</numberValue>
            </value>
        </assignmentItems>
    </assignments>
    <label>On Event</label>
    <processType>AutoLaunchedFlow</processType>
    <start>
        <locationX>0</locationX>
        <locationY>0</locationY>
        <connector>
            <targetReference>Count</targetReference>
        </connector>
        <object>Done__e</object>
        <triggerType>PlatformEvent</triggerType>
    </start>
    <status>Active</status>
    <variables>
        <name>counted</name>
        <dataType>Number</dataType>
        <isCollection>false</isCollection>
        <isInput>false</isInput>
        <isOutput>false</isOutput>
        <scale>0</scale>
    </variables>
</Flow>
XML
cat >scan.mjs <<'JS'
import scanner from '@flow-scanner/lightning-flow-scanner-core';
const [{ ruleResults }] = scanner.scan(await scanner.parse(process.argv.slice(2)));
console.log(ruleResults.find(({ ruleName }) => ruleName === 'TriggerOrder').details.length);
JS

found=$(node scan.mjs "$work/OnEvent.flow-meta.xml")
[[ $found == 1 ]] || { echo "changed: $found violations of TriggerOrder"; exit 1; }
echo "as before: a Flow on a platform event is to have an order"
