"""The org seen from behind, for the clients in Python. The first argument of a program is the http URL of local-org."""

import json
import sys
import traceback
import urllib.parse
import urllib.request

HTTP = sys.argv[1]
ORG = "my-org"


def control(path, body=None, method=None):
    """What the control API answers: the org seen from behind, whatever the client says. With a body it is a POST."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{HTTP}/local{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        text = response.read()
    return json.loads(text) if text else None


def the_org():
    """The org, with the administrator first among its `users`."""
    return next(org for org in control("/orgs") if org["name"] == ORG)


def connected_app(name, **members):
    """Makes an app known, whose key and secret are its name and `secret`."""
    control("/connected-apps", {"name": name, "clientId": name, "clientSecret": "secret", **members})


def refresh_token(app):
    """One that the administrator gave to an app."""
    body = {"user": the_org()["users"][0]["username"], "clientId": app}
    return control(f"/orgs/{ORG}/refresh-tokens", body)["refreshToken"]


def in_org(soql):
    return control(f"/orgs/{ORG}/query?q={urllib.parse.quote(soql)}")


def names(like):
    found = in_org(f"SELECT Name FROM Account WHERE Name LIKE '{like}'")["records"]
    return sorted(record["Name"] for record in found)


def equal(seen, expected):
    if seen != expected:
        raise AssertionError(f"{seen!r} is not {expected!r}")


def run(client, steps):
    """Runs the steps of a client one after the other and prints one line for all, or the step that failed and why."""
    for name, step in steps.items():
        try:
            step()
        except Exception:
            print(f"FAILED {client}: {name}")
            print("       " + traceback.format_exc().rstrip().replace("\n", "\n       "))
            sys.exit(1)
    print(f"ok     {client}: {', '.join(steps)}", flush=True)
