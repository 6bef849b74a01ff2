"""The org seen from behind, for the clients in Python. The first argument of a program is the http URL of local-org."""

import json
import sys
import urllib.parse
import urllib.request

HTTP = sys.argv[1]
ORG = "my-org"


def control(path):
    """What the control API answers: the org seen from behind, whatever the client says."""
    with urllib.request.urlopen(f"{HTTP}/local{path}", timeout=30) as response:
        return json.load(response)


def in_org(soql):
    return control(f"/orgs/{ORG}/query?q={urllib.parse.quote(soql)}")


def names(like):
    found = in_org(f"SELECT Name FROM Account WHERE Name LIKE '{like}'")["records"]
    return sorted(record["Name"] for record in found)


def equal(seen, expected):
    if seen != expected:
        raise AssertionError(f"{seen!r} is not {expected!r}")
