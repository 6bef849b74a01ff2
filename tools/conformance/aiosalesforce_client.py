"""aiosalesforce against local-org: logins, records, composite requests, Bulk API 2.0.

Argument: the http URL of local-org. It takes no other addresses than those of Salesforce, to which HTTPS_PROXY has to
lead; SSL_CERT_FILE names the certificate.
"""

import asyncio
import ssl
from importlib.metadata import version

import httpx
from aiosalesforce import ClientCredentialsFlow, Salesforce, SoapLogin
from aiosalesforce.exceptions import AuthenticationError, SalesforceError

from behind import equal, in_org, names, run, the_org

org = the_org()
USER = org["users"][0]["username"]
URL = "https://my-org.my.salesforce.com"
trust = ssl.create_default_context()


def with_client(step, auth=None):
    """A step with a client of its own, as each has an event loop of its own."""

    async def whole():
        async with httpx.AsyncClient(verify=trust, timeout=60) as client:
            given = auth or SoapLogin(USER, "any", "token")
            await step(Salesforce(client, base_url=URL, auth=given, version=org["apiVersion"], retry_policy=None))

    return lambda: asyncio.run(whole())


async def soap_login(salesforce):
    limits = await salesforce.get_limits()
    equal(limits["DailyApiRequests"]["Max"] > limits["DailyApiRequests"]["Remaining"], True)
    salesforce.auth = SoapLogin(USER, "", "")
    try:
        await salesforce.get_limits()
    except AuthenticationError as error:
        equal(error.error_code, "INVALID_LOGIN")
    else:
        raise AssertionError("there was no password")


async def records(salesforce):
    id = await salesforce.sobject.create("Account", {"Name": "aio one", "NumberOfEmployees": 0})
    record = await salesforce.sobject.get("Account", id, fields=["Name", "NumberOfEmployees", "Phone"])
    equal((record["Name"], record["NumberOfEmployees"], record["Phone"]), ("aio one", 0, None))
    await salesforce.sobject.update("Account", id, {"Name": "aio two"})
    equal(names("aio%"), ["aio two"])
    await salesforce.sobject.delete("Account", id)
    equal(names("aio%"), [])
    try:
        await salesforce.sobject.get("Account", id)
    except SalesforceError as error:
        equal((error.response.status_code, error.error_code), (404, "ENTITY_IS_DELETED"))
    else:
        raise AssertionError("it was deleted")
    opportunity = in_org("SELECT Id FROM Opportunity LIMIT 1")["records"][0]["Id"]
    key = {"external_id_field": "QuoteJobKey__c"}
    made = await salesforce.sobject.upsert("Quote", "aio-1", data={"Name": "First", "OpportunityId": opportunity}, **key)
    changed = await salesforce.sobject.upsert("Quote", "aio-1", data={"Name": "Second"}, **key)
    equal((made.created, changed.created, made.id), (True, False, changed.id))
    quote = await salesforce.sobject.get("Quote", "aio-1", external_id_field="QuoteJobKey__c")
    equal((quote["Id"], quote["Name"]), (made.id, "Second"))


async def query_in_pages(salesforce):
    found = {record["Id"] async for record in salesforce.query("SELECT Id FROM Opportunity")}
    equal(found, {record["Id"] for record in in_org("SELECT Id FROM Opportunity")["records"]})


async def composite(salesforce):
    async with salesforce.composite.batch() as batch:
        query = batch.query("SELECT Id FROM Account WHERE Name = 'Acme'")
        created = batch.sobject.create("Account", {"Name": "aio batch"})
    equal([record["Id"] for record in query.records], [in_org("SELECT Id FROM Account WHERE Name = 'Acme'")["records"][0]["Id"]])
    equal(names("aio%"), ["aio batch"])
    async with salesforce.composite(all_or_none=True) as request:
        account = request.sobject.create("Account", {"Name": "aio parent"})
        # As it is, the reference would be sent without its `@{}`.
        contact = request.sobject.create("Contact", {"LastName": "aio", "AccountId": str(account.reference.id)})
    found = in_org(f"SELECT AccountId FROM Contact WHERE Id = '{contact.id}'")["records"]
    equal([record["AccountId"] for record in found], [account.id])
    async with salesforce.composite(all_or_none=True) as request:
        request.sobject.create("Account", {"Name": "aio none"})
        failed = request.sobject.create("Contact", {})
    equal((failed.status_code, failed.response_body[0]["errorCode"]), (400, "REQUIRED_FIELD_MISSING"))
    equal(names("aio%"), ["aio batch", "aio parent"])
    await salesforce.sobject.delete("Account", created.id)
    await salesforce.sobject.delete("Account", account.id)


async def bulk(salesforce):
    rows = [{"Name": f'aio, "{number}"', "Phone": "1"} for number in range(300)]
    result = await salesforce.bulk_v2.insert("Account", [*rows, {"Name": "x" * 256}])
    equal((len(result.successful_results), len(result.failed_results)), (300, 1))
    equal(result.failed_results[0]["sf__Error"].startswith("STRING_TOO_LONG"), True)
    equal(names("aio%"), sorted(row["Name"] for row in rows))
    ids = [row["sf__Id"] for row in result.successful_results]
    # It writes null as an empty cell, which leaves a field as it is.
    changes = [{"Id": ids[0], "Phone": None, "Fax": "2"}, {"Id": ids[1], "Phone": "#N/A", "Fax": "2"}]
    await salesforce.bulk_v2.update("Account", changes)
    found = in_org(f"SELECT Id, Phone FROM Account WHERE Fax = '2' AND Name LIKE 'aio%'")["records"]
    equal({record["Id"]: record["Phone"] for record in found}, {ids[0]: "1", ids[1]: None})
    deleted = await salesforce.bulk_v2.delete("Account", [{"Id": id} for id in ids])
    equal((len(deleted.successful_results), names("aio%")), (300, []))


run(
    f"aiosalesforce {version('aiosalesforce')}",
    {
        "SOAP login": with_client(soap_login),
        "client credentials": with_client(query_in_pages, ClientCredentialsFlow("my-org", "secret")),
        "create, read, update, delete, upsert": with_client(records),
        "query in pages": with_client(query_in_pages),
        "batch and composite": with_client(composite),
        "bulk": with_client(bulk),
    },
)
