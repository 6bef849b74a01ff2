"""CumulusCI against local-org: deploy and retrieve over SOAP, permission sets, data sets out and in by REST and by the
Bulk API (v1).

Arguments: the http and the https URL of local-org, and an empty folder for a project. REQUESTS_CA_BUNDLE names the
certificate.
"""

import json
import os
import sqlite3
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from behind import connected_app, equal, in_org, refresh_token, run, the_org

HTTPS, folder = sys.argv[2], Path(sys.argv[3])
org = the_org()
admin = org["users"][0]
connected_app("cumulusci")
# As CumulusCI takes an org from the environment of a build.
ORG_CONFIG = {
    "access_token": admin["accessToken"],
    "client_id": "cumulusci",
    "client_secret": "secret",
    "id": f"{HTTPS}/id/{org['id']}/{admin['id']}",
    "instance_url": HTTPS,
    "refresh_token": refresh_token("cumulusci"),
    "username": admin["username"],
}
environment = {
    **os.environ,
    "CUMULUSCI_KEY": "0123456789abcdef",
    "CUMULUSCI_ORG_LOCAL": json.dumps(ORG_CONFIG),
    "HOME": str(folder / "home"),
    "NO_COLOR": "1",
}

NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
FILES = {
    "cumulusci.yml": """
project: {name: conformance, package: {name: conformance, api_version: "62.0"}}
""",
    "src/package.xml": f"""<Package {NAMESPACE}>
<types><members>CciThing__c</members><name>CustomObject</name></types>
<types><members>CciUser</members><name>PermissionSet</name></types>
<version>62.0</version></Package>""",
    "src/objects/CciThing__c.object": f"""<CustomObject {NAMESPACE}>
<deploymentStatus>Deployed</deploymentStatus><label>Thing</label><pluralLabel>Things</pluralLabel>
<fields><fullName>Key__c</fullName><label>Key</label><type>Text</type><length>20</length><externalId>true</externalId>
<unique>true</unique></fields>
<fields><fullName>Account__c</fullName><label>Account</label><type>Lookup</type><referenceTo>Account</referenceTo>
<relationshipName>CciThings</relationshipName></fields>
<fields><fullName>Weight__c</fullName><label>Weight</label><type>Number</type><precision>10</precision><scale>2</scale></fields>
<nameField><label>Name</label><type>Text</type></nameField><sharingModel>ReadWrite</sharingModel></CustomObject>""",
    "src/permissionsets/CciUser.permissionset": f"""<PermissionSet {NAMESPACE}><label>Cci</label>{"".join(
        f"<fieldPermissions><editable>true</editable><field>CciThing__c.{name}</field><readable>true</readable></fieldPermissions>"
        for name in ("Key__c", "Account__c", "Weight__c"))}</PermissionSet>""",
    "broken/package.xml": f"""<Package {NAMESPACE}>
<types><members>CciBroken__c</members><name>CustomObject</name></types><version>62.0</version></Package>""",
    "broken/objects/CciBroken__c.object": f"""<CustomObject {NAMESPACE}>
<fields><fullName>Long__c</fullName><label>Long</label><type>Text</type><length>999</length></fields>
<label>Broken</label><pluralLabel>Broken</pluralLabel><nameField><label>Name</label><type>Text</type></nameField>
<sharingModel>ReadWrite</sharingModel></CustomObject>""",
    "map.yml": """
Accounts:
  sf_object: Account
  fields: [Name, NumberOfEmployees]
  api: API
Things:
  sf_object: CciThing__c
  fields: [Name, Key__c, Weight__c]
  lookups: {Account__c: {table: Account}}
  api: API
""",
}
for path, text in FILES.items():
    for name, api in (("rest", "rest"), ("bulk", "bulk")):
        place = folder / (path.replace("map", f"map-{name}"))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("API", api).strip() + "\n")
(folder / "home").mkdir()
subprocess.run(["git", "init", "--quiet", "--initial-branch", "main"], cwd=folder, check=True)


def cci(*arguments, ok=True):
    command = [Path(sys.executable).with_name("cci"), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    if (done.returncode == 0) != ok:
        raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout + done.stderr if not ok else done.stdout


def task(name, *options, ok=True):
    return cci("task", "run", name, "--org", "local", *options, ok=ok)


def org_info():
    info = cci("org", "info", "local", "--json")
    info = json.loads(info[info.index("{") : info.rindex("}") + 1])
    equal((info["instance_url"], info["username"]), (HTTPS, admin["username"]))
    equal((info["id"].split("/")[-2:], info["org_type"]), ([org["id"], admin["id"]], "Developer Edition"))


def deploy():
    task("deploy", "--path", "src")
    equal(in_org("SELECT COUNT() FROM CciThing__c")["totalSize"], 0)
    failure = task("deploy", "--path", "broken", ok=False)
    equal("length must be between 1 and 255" in " ".join(failure.split()), True)
    task("retrieve_unpackaged", "--path", "retrieved", "--package_xml", "src/package.xml")
    retrieved = (folder / "retrieved/objects/CciThing__c.object").read_text()
    equal("<fullName>Weight__c</fullName>" in retrieved, True)


def assign_permission_sets():
    task("assign_permission_sets", "--api_names", "CciUser")
    found = in_org("SELECT COUNT() FROM PermissionSetAssignment WHERE PermissionSet.Name = 'CciUser'")
    equal(found["totalSize"], 1)
    # One that is there already is passed over.
    task("assign_permission_sets", "--api_names", "CciUser")


def dataset(api, count):
    """A file as extract_dataset writes it."""
    base = sqlite3.connect(":memory:")
    base.executescript(
        'CREATE TABLE "Account" (id VARCHAR(255) PRIMARY KEY, "Name" VARCHAR(255), "NumberOfEmployees" VARCHAR(255));'
        'CREATE TABLE "CciThing__c" (id VARCHAR(255) PRIMARY KEY, "Name" VARCHAR(255), "Key__c" VARCHAR(255),'
        ' "Weight__c" VARCHAR(255), "Account__c" VARCHAR(255));'
    )
    for number in range(count):
        base.execute("INSERT INTO Account VALUES (?, ?, ?)", (f"A-{number}", f'cci {api} "{number}", é', number))
        values = (f"T-{number}", f"cci {api} {number}", f"{api}-{number}", f"{number}.5", f"A-{number}")
        base.execute("INSERT INTO CciThing__c VALUES (?, ?, ?, ?, ?)", values)
    base.commit()
    path = folder / f"{api}.sql"
    path.write_text("\n".join(base.iterdump()), encoding="utf-8")
    return path


def load_and_extract(api, count):
    task("load_dataset", "--mapping", f"map-{api}.yml", "--sql_path", dataset(api, count))
    soql = f"SELECT Name, Key__c, Weight__c, Account__r.Name FROM CciThing__c WHERE Name LIKE 'cci {api}%'"
    seen = {
        (thing["Name"], thing["Key__c"], thing["Weight__c"], thing["Account__r"]["Name"])
        for thing in in_org(soql)["records"]
    }
    equal(seen, {(f"cci {api} {n}", f"{api}-{n}", n + 0.5, f'cci {api} "{n}", é') for n in range(count)})
    task("extract_dataset", "--mapping", f"map-{api}.yml", "--sql_path", f"{api}-out.sql")
    base = sqlite3.connect(":memory:")
    base.executescript((folder / f"{api}-out.sql").read_text(encoding="utf-8"))
    joined = (
        "SELECT thing.Name, Key__c, Weight__c, account.Name FROM CciThing__c thing "
        "JOIN Account account ON account.id = thing.Account__c"
    )
    extracted = {(name, key, float(weight), account) for name, key, weight, account in base.execute(joined)}
    everything = in_org(soql.split(" WHERE ")[0])["records"]
    equal(extracted, {(t["Name"], t["Key__c"], t["Weight__c"], t["Account__r"]["Name"]) for t in everything})


def delete_data():
    task("delete_data", "--objects", "CciThing__c", "--where", "Name LIKE 'cci bulk%'")
    equal(in_org("SELECT COUNT() FROM CciThing__c WHERE Name LIKE 'cci bulk%'")["totalSize"], 0)


run(
    f"CumulusCI {version('cumulusci')}",
    {
        "org info": org_info,
        "deploy and retrieve": deploy,
        "assign_permission_sets": assign_permission_sets,
        "load and extract by REST": lambda: load_and_extract("rest", 250),
        "load and extract by Bulk v1": lambda: load_and_extract("bulk", 2100),
        "delete_data": delete_data,
    },
)
