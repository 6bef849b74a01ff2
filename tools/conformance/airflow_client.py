"""Airflow's Salesforce hook against local-org, with the password, the security token and the OAuth logins of a connection.

Arguments: the http URL of local-org, and a folder for Airflow. The hook knows the addresses of Salesforce only, to which
HTTPS_PROXY has to lead; REQUESTS_CA_BUNDLE names the certificate.
"""

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

from behind import connected_app, equal, in_org, names, run, the_org

folder = Path(sys.argv[2])
org = the_org()
USER = org["users"][0]["username"]
connected_app("airflow")
CONNECTIONS = {
    "soap": {"login": USER, "password": "any", "extra": {"security_token": "token"}},
    "oauth": {
        "login": USER,
        "password": "any",
        "extra": {"consumer_key": "airflow", "consumer_secret": "secret", "domain": "my-org.my"},
    },
    "client": {"extra": {"consumer_key": "my-org", "consumer_secret": "secret", "domain": "my-org.my"}},
}
os.environ["AIRFLOW_HOME"] = str(folder)
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
for name, connection in CONNECTIONS.items():
    members = {"conn_type": "salesforce", **connection}
    members["extra"] = {"version": org["apiVersion"], **connection["extra"]}
    os.environ[f"AIRFLOW_CONN_{name.upper()}"] = json.dumps(members)

from airflow.providers.salesforce.hooks.salesforce import SalesforceHook  # noqa: E402


def logins():
    for name in CONNECTIONS:
        equal(SalesforceHook(name).test_connection(), (True, "Connection successfully tested"))


def query():
    found = SalesforceHook("soap").make_query("SELECT Id, Amount FROM Opportunity ORDER BY Id")
    expected = in_org("SELECT Id, Amount FROM Opportunity ORDER BY Id")
    equal((found["done"], found["totalSize"]), (True, expected["totalSize"]))
    plain = [{key: record[key] for key in ("Id", "Amount")} for record in found["records"]]
    equal(plain, [{key: record[key] for key in ("Id", "Amount")} for record in expected["records"]])


def files():
    """Into a file, with times as timestamps."""
    hook = SalesforceHook("oauth")
    fields = [name for name in hook.get_available_fields("Account") if name in ("Id", "Name", "CreatedDate")]
    equal(sorted(fields), ["CreatedDate", "Id", "Name"])
    found = hook.get_object_from_salesforce("Account", fields)
    path = folder / "accounts.json"
    frame = hook.write_object_to_file(found["records"], path, fmt="json", coerce_to_timestamp=True)
    equal(len(frame), in_org("SELECT COUNT() FROM Account")["totalSize"])
    rows = json.loads(path.read_text())
    equal({type(row["createddate"]) for row in rows} <= {int, float}, True)
    equal(sorted(row["name"] for row in rows), names("%"))


def bulk():
    """The hook's connection is simple-salesforce's, and the bulk operator uses its Bulk API (v1)."""
    connection = SalesforceHook("client").get_conn()
    results = connection.bulk.Account.insert([{"Name": f"Airflow {number}"} for number in range(20)], batch_size=10)
    equal({result["success"] for result in results}, {True})
    equal(len(names("Airflow %")), 20)
    connection.bulk.Account.delete([{"Id": result["id"]} for result in results])
    equal(names("Airflow %"), [])


run(
    f"Airflow's Salesforce provider {version('apache-airflow-providers-salesforce')}",
    {"logins": logins, "query in pages": query, "files": files, "bulk": bulk},
)
