"""tap-salesforce against local-org: discovery, and a sync by REST and by the Bulk API (v1).

Argument: the http URL of local-org. It logs in at login.salesforce.com, to which HTTPS_PROXY has to lead.
"""

import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from behind import connected_app, equal, in_org, refresh_token, run

connected_app("tap")
folder = Path(tempfile.mkdtemp())
selected = {
    "Account": ["Name", "NumberOfEmployees", "IsDeleted"],
    "Opportunity": ["Name", "Amount", "CloseDate", "IsDeleted"],
}


def tap(api, *arguments):
    config = folder / f"{api}.json"
    members = {"client_id": "tap", "client_secret": "secret", "start_date": "2020-01-01T00:00:00Z", "api_type": api}
    config.write_text(json.dumps({**members, "refresh_token": refresh_token("tap"), "select_fields_by_default": "true"}))
    command = [Path(sys.executable).with_name("tap-salesforce"), "--config", config, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"it ended with {done.returncode}: {done.stderr[-3000:]}")
    return done.stdout


def discover(api):
    catalog = json.loads(tap(api, "--discover"))
    streams = {stream["stream"]: stream for stream in catalog["streams"]}
    equal({"Account", "Opportunity", "Quote"} <= set(streams), True)
    employees = streams["Account"]["schema"]["properties"]["NumberOfEmployees"]
    equal(employees, {"type": ["null", "integer"]})
    for name, stream in streams.items():
        for entry in stream["metadata"]:
            field = entry["breadcrumb"][1:]
            entry["metadata"]["selected"] = name in selected and (not field or field[0] in selected[name])
            if not field:
                entry["metadata"].update({"replication-method": "INCREMENTAL", "replication-key": "SystemModstamp"})
    return catalog


def sync(api):
    path = folder / f"{api}-catalog.json"
    path.write_text(json.dumps(discover(api)))
    messages = [json.loads(line) for line in tap(api, "--properties", path).splitlines()]
    for stream, fields in selected.items():
        rows = [message["record"] for message in messages if message["type"] == "RECORD" and message["stream"] == stream]
        # It asks for deleted records, too.
        rows = [row for row in rows if not row["IsDeleted"]]
        chosen = ["Id", *fields]
        expected = in_org(f"SELECT {', '.join(chosen)} FROM {stream}")["records"]
        # It writes a day as a time.
        for row in rows:
            if "CloseDate" in row:
                equal(row["CloseDate"][10:], "T00:00:00.000000Z")
                row["CloseDate"] = row["CloseDate"][:10]
        seen = sorted(tuple(row[field] for field in chosen) for row in rows)
        equal(seen, sorted(tuple(record[field] for field in chosen) for record in expected))
    bookmark = [message for message in messages if message["type"] == "STATE"][-1]["value"]["bookmarks"]["Opportunity"]
    # What was synchronized is not read again.
    state = folder / f"{api}-state.json"
    state.write_text(json.dumps({"bookmarks": {"Opportunity": {**bookmark, "SystemModstamp": "2099-01-01T00:00:00.000000Z"}}}))
    again = [json.loads(line) for line in tap(api, "--properties", path, "--state", state).splitlines()]
    equal([message for message in again if message["type"] == "RECORD" and message["stream"] == "Opportunity"], [])


run(
    f"tap-salesforce {version('tap-salesforce')}",
    {"discover and sync by REST": lambda: sync("REST"), "discover and sync by Bulk v1": lambda: sync("BULK")},
)
