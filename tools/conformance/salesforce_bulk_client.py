"""salesforce-bulk (Bulk API v1) against local-org: the session and the URL are given.

Argument: the http URL of local-org.
"""

import csv
import io
import json
from importlib.metadata import version

from salesforce_bulk import CsvDictsAdapter, SalesforceBulk
from salesforce_bulk.salesforce_bulk import BulkApiError, BulkBatchFailed

from behind import HTTP, equal, in_org, names, run, the_org

org = the_org()
TOKEN = org["users"][0]["accessToken"]
client = SalesforceBulk(sessionId=TOKEN, host=HTTP, API_version=org["apiVersion"])


def wait(job, batch):
    client.wait_for_batch(job, batch, timeout=120, sleep_interval=0.1)


def insert_csv():
    job = client.create_insert_job("Account", contentType="CSV", concurrency="Parallel")
    rows = [{"Name": f"bulk, {number}"} for number in range(250)]
    batch = client.post_batch(job, CsvDictsAdapter(iter([*rows, {"Name": ""}])))
    wait(job, batch)
    results = client.get_batch_results(batch, job)
    equal([result.success for result in results], ["true"] * 250 + ["false"])
    equal(results[250].error, "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --")
    equal(client.get_batch_list(job)[0]["numberRecordsProcessed"], "251")
    client.close_job(job)
    equal((client.job_state(job), client.job_status(job)["numberRecordsFailed"]), ("Closed", "1"))
    equal(names("bulk, %"), sorted(row["Name"] for row in rows))


def update_in_other_formats():
    ids = [record["Id"] for record in in_org("SELECT Id FROM Account WHERE Name LIKE 'bulk, %' LIMIT 2")["records"]]
    job = client.create_update_job("Account", contentType="JSON")
    batch = client.post_batch(job, json.dumps([{"Id": ids[0], "Phone": "1"}, {"Id": ids[1], "Name": None}]))
    wait(job, batch)
    saved, refused = client.get_batch_results(batch, job)
    equal((saved.id, saved.success, refused.success), (ids[0], True, False))
    equal(refused.error[0]["statusCode"], "REQUIRED_FIELD_MISSING")
    job = client.create_update_job("Account", contentType="XML")
    xml = (
        '<sObjects xmlns="http://www.force.com/2009/06/asyncapi/dataload">'
        f"<sObject><Id>{ids[0]}</Id><Phone>2</Phone></sObject><sObject><Id>nonsense</Id></sObject></sObjects>"
    )
    batch = client.post_batch(job, xml)
    wait(job, batch)
    saved, refused = client.get_batch_results(batch, job)
    equal((saved.success, refused.success, refused.error[0]["statusCode"]), (True, False, "MALFORMED_ID"))
    equal(in_org(f"SELECT Phone FROM Account WHERE Id = '{ids[0]}'")["records"][0]["Phone"], "2")


def query_in_chunks():
    job = client.create_query_job("Account", contentType="CSV", pk_chunking=100)
    whole = client.query(job, "SELECT Id, Name FROM Account WHERE Name LIKE 'bulk, %'")
    states = {"Queued"}
    while states & {"Queued", "InProgress"}:
        batches = client.get_batch_list(job)
        states = {batch["state"] for batch in batches}
    equal({batch["id"]: batch["state"] for batch in batches}[whole], "NotProcessed")
    found = []
    for batch in batches:
        if batch["state"] == "Completed":
            for result in client.get_all_results_for_query_batch(batch["id"], job):
                rows = list(csv.DictReader(io.TextIOWrapper(result, "utf-8")))
                found += [row["Name"] for row in rows if "Name" in row]
    equal(sorted(found), names("bulk, %"))
    client.close_job(job)


def failures():
    job = client.create_query_job("Account", contentType="JSON")
    batch = client.query(job, "SELECT Nope FROM Account")
    try:
        wait(job, batch)
    except BulkBatchFailed as failure:
        equal(failure.state_message.startswith("InvalidBatch : Failed to process query: INVALID_FIELD"), True)
    else:
        raise AssertionError("the batch was to fail")
    client.abort_job(job)
    equal(client.job_state(job), "Aborted")
    try:
        client.close_job(job)
    except BulkApiError as error:
        equal((error.status_code, "<exceptionCode>InvalidJobState</exceptionCode>" in str(error)), (400, True))
    else:
        raise AssertionError("an aborted job was closed")


STEPS = {
    "insert in CSV": insert_csv,
    "update in JSON and XML": update_in_other_formats,
    "query in chunks": query_in_chunks,
    "failures": failures,
}

run(f"salesforce-bulk {version('salesforce-bulk')}", STEPS)
