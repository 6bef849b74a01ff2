#!/usr/bin/env bash
# aiosalesforce 0.6.2 (PyPI), orjson 3.13: in the body of a composite request, a reference to an earlier request is sent as
# plain text, so Salesforce takes it for the id itself.
#   expected  {"AccountId": account.reference.id} is sent as "@{Account_create_0.id}", as the docstring of composite() has it
#   seen      "Account_create_0.id": the reference is a str whose __str__ adds the braces, and orjson writes what is in the
#             str. With str(account.reference.id) the body is right
# Succeeds while that is so. Needs Python 3.11 or later.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd -- "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aiosalesforce==0.6.2
cat >composite.py <<'PYTHON'
import asyncio
import json

import httpx
from aiosalesforce import ClientCredentialsFlow, Salesforce

URL = "https://example.my.salesforce.com"
bodies = []


def answer(request):
    """Takes the place of Salesforce: a token, and any composite request."""
    if request.url.path.endswith("/token"):
        return httpx.Response(200, json={"access_token": "token", "instance_url": URL})
    if request.url.path.endswith("/introspect"):
        return httpx.Response(200, json={"active": True, "exp": 4102444800})
    sent = json.loads(request.content)["compositeRequest"]
    bodies.append(sent)
    part = {"body": {"id": "x", "success": True}, "httpStatusCode": 201, "httpHeaders": {}}
    made = [{**part, "referenceId": request["referenceId"]} for request in sent]
    return httpx.Response(200, json={"compositeResponse": made})


async def main():
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        salesforce = Salesforce(client, base_url=URL, auth=ClientCredentialsFlow("id", "secret"))
        for form in (lambda reference: reference, str):
            async with salesforce.composite() as request:
                account = request.sobject.create("Account", {"Name": "A"})
                request.sobject.create("Contact", {"LastName": "C", "AccountId": form(account.reference.id)})


asyncio.run(main())
print(*(body[1]["body"]["AccountId"] for body in bodies))
PYTHON
found=$(venv/bin/python composite.py)
[[ $found == 'Account_create_0.id @{Account_create_0.id}' ]] || { echo "changed: $found"; exit 1; }
echo "as before: the reference is sent as Account_create_0.id, and with str() as @{Account_create_0.id}"
