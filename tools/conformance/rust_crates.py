"""The Rust crates salesforce_core and force against local-org: their own live suites, as published, which are written for
a real org. Each test has to end as it did when docs/clients.md was written: what fails is listed here, with why.

Arguments: the http URL of local-org, and a folder for sources and builds. It needs cargo and openssl.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from behind import HTTP, ORG, connected_app, control, equal, run, the_org

folder = Path(sys.argv[2]).resolve()
org = the_org()
USER = org["users"][0]["username"]
SOAP = "of the SOAP API a local org has the logins"
CRATES = {
    "salesforce_core": {
        "version": "0.24.0",
        # Without the Pub/Sub API, of which its live suite has nothing and whose build needs protoc.
        "features": "restapi,bulkapi,soapapi",
        "suites": ["auth", "bulkapi", "composite", "flow", "restapi", "soapapi"],
        "refused": {"test_merge_accounts": SOAP},
    },
    "force": {
        "version": "0.5.0",
        "features": "all,username_password",
        "suites": ["live_core", "live_salesforce", "live_soap"],
        # Its logins take https alone, and no authority but those of browsers: it gets a token in their place.
        "with_token": ["live_salesforce"],
        "refused": {
            "live_core_tooling_query_and_execute": "a local org runs no Apex",
            "live_core_ui_object_info_and_defaults": "UI API",
            "live_ui_object_info_smoke": "UI API",
            "live_core_graphql_query": "GraphQL",
            "live_graphql_query_smoke": "GraphQL",
            "live_soap_server_timestamp": SOAP,
            "live_soap_describe_global": SOAP,
            "live_soap_describe_sobject": SOAP,
            "live_soap_query": SOAP,
            "live_soap_crud_roundtrip": SOAP,
        },
    },
}


def cargo(*arguments, **options):
    return subprocess.run(["cargo", *arguments], capture_output=True, text=True, timeout=3600, **options)


def source_of(name, version):
    """The published source of a crate, in a workspace of its own with the versions that its authors locked."""
    place = folder / f"{name}-{version}"
    if (place / "source").is_dir():
        return place
    shutil.rmtree(place, ignore_errors=True)
    (place / "fetch/src").mkdir(parents=True)
    (place / "fetch/src/lib.rs").touch()
    package = '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\n'
    (place / "fetch/Cargo.toml").write_text(f'{package}{name} = "={version}"\n')
    metadata = cargo("metadata", "--format-version", "1", cwd=place / "fetch")
    equal((metadata.returncode, metadata.stderr if metadata.returncode else ""), (0, ""))
    packages = json.loads(metadata.stdout)["packages"]
    published = next(Path(package["manifest_path"]).parent for package in packages if package["name"] == name)
    shutil.rmtree(place / "fetch")
    shutil.copytree(published, place / "taken")
    shutil.copy(published / "Cargo.lock", place / "Cargo.lock")
    (place / "Cargo.toml").write_text('[workspace]\nmembers = ["source"]\nresolver = "3"\n')
    (place / "taken").rename(place / "source")
    # A registry may lack a version that the authors locked: then the newest ones that fit.
    if cargo("fetch", "--locked", cwd=place).returncode:
        (place / "Cargo.lock").unlink()
        print(f"       {name} {version}: without its Cargo.lock, of which a version is not to be had")
    return place


def settings(work):
    """What the suites want to know of their org."""
    names = ["-subj", "/CN=crates", "-keyout", work / "app.key", "-out", work / "app.crt"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names], check=True, capture_output=True)
    # A suite aborts a job that it has just made: it waits a moment, as in an org.
    control("/costs", {"bulkDelayMs": 1000}, "PUT")
    connected_app(ORG)
    connected_app("crates", certificate=(work / "app.crt").read_text())
    credentials = {"client_id": ORG, "client_secret": "secret", "instance_url": HTTP, "tenant_id": org["id"]}
    (work / "credentials.json").write_text(json.dumps(credentials))
    token = f"{HTTP}/services/oauth2/token"
    return {
        **os.environ,
        "CARGO_TARGET_DIR": str(folder / "target"),
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "CARGO_PROFILE_TEST_DEBUG": "0",
        "SFDC_CREDENTIALS": str(work / "credentials.json"),
        "SF_JWT_CLIENT_ID": "crates",
        "SF_JWT_USERNAME": USER,
        "SF_JWT_PRIVATE_KEY_PATH": str(work / "app.key"),
        "SF_JWT_LOGIN_URL": HTTP,
        "SF_CLIENT_ID": ORG,
        "SF_CLIENT_SECRET": "secret",
        "SF_TOKEN_URL": token,
        "SF_UP_CLIENT_ID": "crates",
        "SF_UP_CLIENT_SECRET": "secret",
        "SF_UP_USERNAME": USER,
        "SF_UP_PASSWORD": "any",
        "SF_UP_TOKEN_URL": token,
    }


def suites_of(name, environment):
    crate = CRATES[name]
    place = source_of(name, crate["version"])
    token = {"SF_ACCESS_TOKEN": org["users"][0]["accessToken"], "SF_INSTANCE_URL": HTTP}
    no_logins = {key: value for key, value in environment.items() if not key.startswith("SF_")}
    output = ""
    for suite in crate["suites"]:
        known = {**no_logins, **token} if suite in crate.get("with_token", []) else environment
        arguments = ["test", "--package", name, "--no-default-features", "--features", crate["features"], "--test", suite]
        built = cargo(*arguments, "--no-run", cwd=place, env=known)
        equal((built.returncode, built.stderr[-3000:] if built.returncode else ""), (0, ""))
        # Tests without what they want to know of an org say so, and pass.
        ran = cargo(*arguments, "--no-fail-fast", "--", "--ignored", "--test-threads=1", "--show-output", cwd=place, env=known)
        output += ran.stdout
    printed = re.findall(r"^---- (?:\w+::)*(\w+) stdout ----\n(.*?)(?=^----|\Z)", output, re.MULTILINE | re.DOTALL)
    skipped = {test for test, text in printed if re.match(r"skip", text, re.IGNORECASE)}
    outcomes = dict(re.findall(r"^test (?:\w+::)*(\w+)(?: - .*)? \.\.\. (ok|FAILED)", output, re.MULTILINE))
    equal(len(outcomes) > 10, True)
    failed = {test for test, outcome in outcomes.items() if outcome == "FAILED"}
    told = {test: text.strip().splitlines() for test, text in printed}
    others = {test: next(iter(told.get(test, [])), "nothing") for test in sorted(failed ^ set(crate["refused"]))}
    equal(others, {})
    passed = len(outcomes) - len(failed) - len(skipped)
    print(f"       {name} {crate['version']}: {passed} of its own tests pass, {len(failed)} need what a local org does not "
          f"have, and {len(skipped)} did not run: {', '.join(sorted(skipped)) or 'none'}")


with tempfile.TemporaryDirectory() as work:
    environment = settings(Path(work))
    run(
        "Rust crates, with their own live suites",
        {f"{name} {crate['version']}": lambda name=name: suites_of(name, environment) for name, crate in CRATES.items()},
    )
