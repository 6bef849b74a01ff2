"""Airbyte's connector for Salesforce against local-org: check, discover, and reads by REST and by the Bulk API 2.0.

Arguments: the http URL of local-org, and a folder for files. It logs in at login.salesforce.com, to which HTTPS_PROXY has
to lead; REQUESTS_CA_BUNDLE names the certificate.
"""

import datetime
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from behind import connected_app, equal, in_org, refresh_token, run

folder = Path(sys.argv[2])
connected_app("airbyte")
yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
# An object with an address is read by REST, one without by Bulk.
STREAMS = {"Account": ["Id", "Name", "NumberOfEmployees"], "Opportunity": ["Id", "Name", "Amount", "CloseDate"]}


def write(name, contents):
    path = folder / name
    path.write_text(json.dumps(contents))
    return path


def config(**members):
    given = {"client_id": "airbyte", "client_secret": "secret", "start_date": yesterday.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return write("config.json", {**given, "refresh_token": refresh_token("airbyte"), **members})


def source(*arguments, fails=False):
    """The messages that the connector prints."""
    command = [Path(sys.executable).with_name("source-salesforce"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    traces = [message["trace"] for message in messages if message["type"] == "TRACE" and message["trace"]["type"] == "ERROR"]
    if done.returncode != 0 or bool(traces) != fails:
        raise AssertionError(f"{arguments[0]} ended with {done.returncode}: {traces}{done.stderr[-3000:]}")
    return messages


def of_type(messages, kind, member):
    return [message[member] for message in messages if message["type"] == kind]


def check():
    (status,) = of_type(source("check", "--config", config()), "CONNECTION_STATUS", "connectionStatus")
    equal(status["status"], "SUCCEEDED")
    wrong = source("check", "--config", config(refresh_token="wrong"), fails=True)
    (status,) = of_type(wrong, "CONNECTION_STATUS", "connectionStatus")
    equal(status["status"], "FAILED")


def discovered():
    (catalog,) = of_type(source("discover", "--config", config()), "CATALOG", "catalog")
    return {stream["name"]: stream for stream in catalog["streams"]}


def discover():
    streams = discovered()
    equal({"Account", "Opportunity", "Quote"} <= set(streams), True)
    properties = streams["Account"]["json_schema"]["properties"]
    equal(properties["NumberOfEmployees"]["type"], ["integer", "null"])
    equal(streams["Opportunity"]["default_cursor_field"], ["SystemModstamp"])


def read(mode):
    streams = discovered()
    configured = [
        {"stream": streams[name], "sync_mode": mode, "destination_sync_mode": "append", "cursor_field": ["SystemModstamp"]}
        for name in STREAMS
    ]
    catalog = write("catalog.json", {"streams": configured})
    messages = source("read", "--config", config(), "--catalog", catalog)
    records = of_type(messages, "RECORD", "record")
    for name, fields in STREAMS.items():
        rows = [record["data"] for record in records if record["stream"] == name]
        # It asks for deleted records, too.
        rows = [row for row in rows if not row["IsDeleted"]]
        expected = in_org(f"SELECT {', '.join(fields)} FROM {name}")["records"]
        # A field that is null may be left out.
        seen = sorted(tuple(row.get(field) for field in fields) for row in rows)
        equal(seen, sorted(tuple(record[field] for field in fields) for record in expected))


run(
    f"airbyte-source-salesforce {version('airbyte-source-salesforce')}",
    {
        "check": check,
        "discover": discover,
        "read": lambda: read("full_refresh"),
        "read incrementally": lambda: read("incremental"),
    },
)
