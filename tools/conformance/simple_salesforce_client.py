"""simple-salesforce against local-org, which it calls over https only.

Arguments: the http and the https URL of local-org. REQUESTS_CA_BUNDLE names the certificate.
"""

import csv
import io
import sys
from importlib.metadata import version

from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from behind import equal, in_org, names, run, the_org

HTTPS = sys.argv[2]


def raises(kind, code, work):
    try:
        work()
    except kind as error:
        equal(error.content[0]["errorCode"], code)
    else:
        raise AssertionError(f"{code} was expected")


org = the_org()
client = Salesforce(
    instance_url=HTTPS,
    session_id=org["users"][0]["accessToken"],
    version=org["apiVersion"],
)


def describe():
    objects = {found["name"] for found in client.describe()["sobjects"]}
    equal({"Account", "Opportunity", "Quote"} <= objects, True)
    fields = {field["name"]: field for field in client.Account.describe()["fields"]}
    equal(fields["NumberOfEmployees"]["type"], "int")
    equal(client.Account.metadata()["objectDescribe"]["keyPrefix"], "001")


def limits():
    daily = client.limits()["DailyApiRequests"]
    equal(daily["Max"] > daily["Remaining"], True)
    equal(client.api_usage["api-usage"].used > 0, True)
    equal(client.is_sandbox(), False)


def query_in_pages():
    soql = "SELECT Id FROM Opportunity ORDER BY Id"
    expected = in_org("SELECT COUNT() FROM Opportunity")["totalSize"]
    first = client.query(soql)
    equal((first["done"], len(first["records"]), first["totalSize"]), (False, 2000, expected))
    second = client.query_more(first["nextRecordsUrl"], identifier_is_url=True)
    equal(len(second["records"]), 2000)
    equal(len({record["Id"] for record in client.query_all(soql)["records"]}), expected)
    equal(sum(1 for _ in client.query_all_iter(soql)), expected)


def create_read_update_delete():
    made = client.Account.create({"Name": "Python one", "NumberOfEmployees": 0})
    equal(made["success"], True)
    record = client.Account.get(made["id"])
    equal((record["Name"], record["NumberOfEmployees"], record["Phone"]), ("Python one", 0, None))
    equal(client.Account.update(made["id"], {"Name": "Python two"}), 204)
    equal(names("Python%"), ["Python two"])
    equal(client.Account.delete(made["id"]), 204)
    equal(names("Python%"), [])
    raises(SalesforceResourceNotFound, "ENTITY_IS_DELETED", lambda: client.Account.delete(made["id"]))
    raises(SalesforceMalformedRequest, "REQUIRED_FIELD_MISSING", lambda: client.Account.create({}))


def upsert():
    opportunity = in_org("SELECT Id FROM Opportunity LIMIT 1")["records"][0]["Id"]
    key = "QuoteJobKey__c/python-1"
    equal(client.Quote.upsert(key, {"Name": "First", "OpportunityId": opportunity}), 201)
    equal(client.Quote.upsert(key, {"Name": "Second"}), 200)
    found = in_org("SELECT Name FROM Quote WHERE QuoteJobKey__c = 'python-1'")["records"]
    equal([record["Name"] for record in found], ["Second"])
    equal(client.Quote.get_by_custom_id("QuoteJobKey__c", "python-1")["Name"], "Second")


def collections():
    def record(**fields):
        return {"attributes": {"type": "Account"}, **fields}

    def call(method, **arguments):
        return client.restful("composite/sobjects", method=method, **arguments)

    body = {"records": [record(Name="Python A"), record(Name="Python B"), record(Phone="1")]}
    made = call("POST", json=body)
    equal([result["success"] for result in made], [True, True, False])
    ids = [result["id"] for result in made[:2]]
    call("PATCH", json={"records": [record(Id=id, Name=f"Python {number}") for number, id in enumerate(ids)]})
    equal(names("Python%"), ["Python 0", "Python 1"])
    equal([result["success"] for result in call("DELETE", params={"ids": ",".join(ids)})], [True, True])
    equal(names("Python%"), [])


def bulk_insert():
    records = [{"Name": f'Python bulk, "{number}"'} for number in range(3000)]
    (result,) = client.bulk2.Account.insert(records=[*records, {"Name": ""}], wait=1)
    equal((result["numberRecordsProcessed"], result["numberRecordsFailed"]), (3001, 1))
    equal(names("Python bulk%"), sorted(record["Name"] for record in records))
    failed = list(csv.DictReader(io.StringIO(client.bulk2.Account.get_failed_records(result["job_id"]))))
    equal([row["sf__Error"].split(":")[0] for row in failed], ["REQUIRED_FIELD_MISSING"])


def null_in_bulk():
    """It writes null as an empty cell, which leaves a field as it is; who means it writes the API's word."""
    ids = [client.Account.create({"Name": "Python null", "Phone": "1"})["id"] for _ in range(2)]
    client.bulk2.Account.update(records=[{"Id": ids[0], "Phone": None}, {"Id": ids[1], "Phone": "#N/A"}], wait=1)
    found = {record["Id"]: record["Phone"] for record in in_org("SELECT Id, Phone FROM Account WHERE Name = 'Python null'")["records"]}
    equal(found, {ids[0]: "1", ids[1]: None})
    for id in ids:
        client.Account.delete(id)


def bulk_query():
    soql = "SELECT Name FROM Account WHERE Name LIKE 'Python bulk%'"
    pages = list(client.bulk2.Account.query(soql, max_records=2000, wait=1))
    equal(len(pages), 2)
    rows = [row["Name"] for page in pages for row in csv.DictReader(io.StringIO(page))]
    equal(sorted(rows), names("Python bulk%"))


def bulk_v1():
    """Batches in JSON."""
    records = [{"Name": f'Python v1, "{number}"', "NumberOfEmployees": number} for number in range(300)]
    results = client.bulk.Account.insert([*records, {"Name": "", "Phone": "1"}], batch_size=200, use_serial=True)
    equal([result["success"] for result in results], [True] * 300 + [False])
    equal(results[300]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING")
    equal(names("Python v1%"), sorted(record["Name"] for record in records))
    found = client.bulk.Account.query("SELECT Id, Name, CreatedDate FROM Account WHERE Name LIKE 'Python v1%'")
    equal(sorted(record["Name"] for record in found), names("Python v1%"))
    equal({type(record["CreatedDate"]) for record in found}, {int})
    equal(client.bulk.Account.query("SELECT Id FROM Account WHERE Name = 'nobody'"), [])
    changes = [{"Id": result["id"], "NumberOfEmployees": None} for result in results[:300]]
    detailed = client.bulk.Account.update(changes, include_detailed_results=True)
    equal([result["Id"] for result in detailed], [change["Id"] for change in changes])
    equal(in_org("SELECT COUNT() FROM Account WHERE NumberOfEmployees != null AND Name LIKE 'Python v1%'")["totalSize"], 0)
    opportunity = in_org("SELECT Id FROM Opportunity LIMIT 1")["records"][0]["Id"]
    quote = {"QuoteJobKey__c": "python-v1", "Name": "v1"}
    # The Opportunity of a Quote cannot be set again.
    for created, quotes in ((True, [{**quote, "OpportunityId": opportunity}]), (False, [quote])):
        (result,) = client.bulk.Quote.upsert(quotes, "QuoteJobKey__c")
        equal((result["success"], result["created"]), (True, created))
    deleted = client.bulk.Account.delete([{"Id": result["id"]} for result in results[:300]])
    equal({result["success"] for result in deleted}, {True})
    equal(names("Python v1%"), [])


STEPS = {
    "describe": describe,
    "limits": limits,
    "query in pages": query_in_pages,
    "create, read, update, delete": create_read_update_delete,
    "upsert": upsert,
    "collections": collections,
    "bulk insert": bulk_insert,
    "null in bulk": null_in_bulk,
    "bulk query": bulk_query,
    "bulk v1": bulk_v1,
}

run(f"simple-salesforce {version('simple-salesforce')} over https", STEPS)
