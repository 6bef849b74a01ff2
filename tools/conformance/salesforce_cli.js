// The Salesforce CLI, unchanged, against local-org: logins, data, metadata. It is run as a user runs it, in a home folder
// and a project of its own, and what it says it did is looked up in the org.
//   node salesforce_cli.js URL RUN_JS PROJECT    with the Node.js that the CLI needs; PROJECT is the folder salesforce/
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

const [url, cli, salesforce] = process.argv.slice(2);
const run = promisify(execFile);
const work = mkdtempSync(join(tmpdir(), "salesforce-cli-"));
const project = join(work, "project");
const browser = join(work, "browser");
const asked = join(work, "asked");
const programs = join(work, "programs");
const env = {
    ...process.env,
    HOME: join(work, "home"),
    SF_DISABLE_TELEMETRY: "true",
    SF_AUTOUPDATE_DISABLE: "true",
    SF_SKIP_NEW_VERSION_CHECK: "true",
    SF_USE_GENERIC_UNIX_KEYCHAIN: "true",
    // What xdg-open starts.
    BROWSER: browser,
};

function write(path, text) {
    const file = join(project, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
}

const metadata = (type, members) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<${type} xmlns="http://soap.sforce.com/2006/04/metadata">\n${members}\n</${type}>\n`;

// Runs a command and gives what it says, as text or, with --json, as its result.
async function sf(...parameters) {
    const json = parameters.includes("--json");
    try {
        const { stdout } = await run(process.execPath, [cli, ...parameters], { cwd: project, env, maxBuffer: 1 << 26 });
        return json ? JSON.parse(stdout).result : stdout;
    } catch (error) {
        throw new Error(`sf ${parameters.join(" ")}: ${problem(error)}`, { cause: error });
    }
}

// Runs a script of bin/ that asks the CLI.
async function bin(script, ...parameters) {
    const { LOCAL_ORG_URL, ...rest } = env;
    const path = [programs, rest.PATH].join(delimiter);
    const { stdout } = await run(join(salesforce, "../bin", script), parameters, { cwd: project, env: { ...rest, PATH: path } });
    return stdout;
}

// Why a command failed, without the stack that --json adds.
function problem({ stdout, stderr, message }) {
    try {
        const said = JSON.parse(stdout);
        return said.message ?? stdout;
    } catch {
        return stdout || stderr || message;
    }
}

// A command that has to fail, and what it says then.
async function refused(...parameters) {
    try {
        await run(process.execPath, [cli, ...parameters], { cwd: project, env });
    } catch (error) {
        return `${error.stdout}${error.stderr}`;
    }
    assert.fail(`sf ${parameters.join(" ")} did not fail`);
}

async function local(path, body) {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${url}/local${path}`, body && { method: "POST", headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.status === 204 ? null : answer.json();
}

const count = async (soql) => (await sf("data", "query", "--query", soql, "--json")).totalSize;

let failed = 0;
async function check(name, work) {
    const began = Date.now();
    try {
        await work();
        console.log(`ok     sf ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
        failed += 1;
        console.log(`FAILED sf ${name}\n       ${String(error.message).replaceAll("\n", "\n       ")}`);
    }
}

// Answers the consent page as a browser would, as soon as the CLI has opened it.
async function consent(user) {
    while (!existsSync(asked)) await new Promise((done) => setTimeout(done, 100));
    const page = readFileSync(asked, "utf8").trim();
    const [, ticket] = /name="ticket" value="([^"]+)"/.exec(await (await fetch(page)).text());
    const body = new URLSearchParams({ ticket, user, answer: "allow" });
    const answer = await fetch(new URL("/services/oauth2/authorize", page), {
        method: "POST",
        headers: { Origin: new URL(page).origin },
        body,
        redirect: "manual",
    });
    assert.equal(answer.status, 302);
    // To the CLI, which sends on to a page that says that all is well.
    await fetch(answer.headers.get("location"));
}

mkdirSync(env.HOME, { recursive: true });
write("sfdx-project.json", '{"packageDirectories": [{"path": "force-app", "default": true}], "sourceApiVersion": "62.0"}');
writeFileSync(browser, `#!/bin/sh\nprintf '%s' "$1" >'${asked}.new' && mv '${asked}.new' '${asked}'\n`);
chmodSync(browser, 0o755);
mkdirSync(programs);
writeFileSync(join(programs, "sf"), `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`, { mode: 0o755 });
write(
    "force-app/main/default/objects/Widget__c/Widget__c.object-meta.xml",
    metadata(
        "CustomObject",
        `<deploymentStatus>Deployed</deploymentStatus><label>Widget</label><pluralLabel>Widgets</pluralLabel>
        <nameField><label>Widget Name</label><type>Text</type></nameField><sharingModel>ReadWrite</sharingModel>`,
    ),
);
write(
    "force-app/main/default/objects/Widget__c/fields/Code__c.field-meta.xml",
    metadata(
        "CustomField",
        `<fullName>Code__c</fullName><externalId>true</externalId><label>Code</label><length>40</length>
        <required>false</required><type>Text</type><unique>true</unique>`,
    ),
);
write(
    "force-app/main/default/objects/Widget__c/fields/Account__c.field-meta.xml",
    metadata(
        "CustomField",
        `<fullName>Account__c</fullName><label>Account</label><referenceTo>Account</referenceTo>
        <relationshipLabel>Widgets</relationshipLabel><relationshipName>Widgets</relationshipName><type>Lookup</type>`,
    ),
);
write(
    "force-app/main/default/permissionsets/WidgetUser.permissionset-meta.xml",
    metadata(
        "PermissionSet",
        ["Account__c", "Code__c"]
            .map((field) => `<fieldPermissions><editable>true</editable><field>Widget__c.${field}</field>
            <readable>true</readable></fieldPermissions>`)
            .join("") + "<label>Widget User</label>",
    ),
);
write("force-app/main/default/classes/Greeter.cls", "public class Greeter {\n    public String greet() { return 'Hi'; }\n}\n");
write(
    "force-app/main/default/classes/Greeter.cls-meta.xml",
    metadata("ApexClass", "<apiVersion>62.0</apiVersion><status>Active</status>"),
);

const source = ["--source-dir", "force-app"];
try {
    const [{ users }] = await local("/orgs");
    const [{ accessToken, username }] = users;
    env.SF_ACCESS_TOKEN = accessToken;
    await check("org login access-token", () =>
        sf("org", "login", "access-token", "--instance-url", url, "--alias", "token", "--set-default", "--no-prompt"));
    delete env.SF_ACCESS_TOKEN;
    await check("org display, org list, org list limits", async () => {
        assert.equal((await sf("org", "display", "--json")).connectedStatus, "Connected");
        assert.equal((await sf("org", "list", "--json")).nonScratchOrgs.length, 1);
        assert.ok((await sf("org", "list", "limits", "--json")).some((limit) => limit.name === "DailyApiRequests"));
    });
    // Both take the session of a user whom the CLI knows.
    await check("org display user for bin/sf-session", async () => {
        const told = Object.fromEntries((await bin("sf-session", "token", "env")).split("\n").map((line) => line.split(/=(.*)/s)));
        const [{ id, instanceUrl, users: [user] }] = await local("/orgs");
        assert.deepEqual(
            [told.SF_SESSION_ID, told.SF_USER_ID, told.SF_ORG_ID, told.SF_INSTANCE_URL, told.EVENT_AUTHORIZATION],
            [user.accessToken, user.id, id, instanceUrl, "token"],
        );
    });
    await check("org display for bin/invoke.sh", async () => {
        const calls = [];
        const active = () => count("SELECT Id FROM SessionPermSetActivation");
        const service = createServer(async (request, response) => {
            calls.push({ ...JSON.parse(Buffer.from(request.headers["x-client-context"], "base64")), active: await active() });
            response.setHeader("content-type", "application/json").end('{"called": true}');
        }).listen(0, "127.0.0.1");
        await once(service, "listening");
        try {
            const address = `http://127.0.0.1:${service.address().port}/api/x`;
            assert.deepEqual(JSON.parse(await bin("invoke.sh", "token", "GET", address)), { called: true });
            await bin("invoke.sh", "token", address, "{}", "GenerateQuotePermissions");
        } finally {
            service.close();
        }
        const [{ users: [user] }] = await local("/orgs");
        assert.deepEqual(calls.map((call) => [call.accessToken, call.userContext.username, call.active]),
            [[user.accessToken, user.username, 0], [user.accessToken, user.username, 1]]);
        assert.equal(await active(), 0);
    });
    await check("org open --url-only", async () => {
        const { url: page } = await sf("org", "open", "--url-only", "--json");
        const answer = await fetch(page, { redirect: "manual" });
        assert.equal(answer.headers.get("location"), "/console/orgs/my-org");
    });
    await check("org login web", async () => {
        const login = sf("org", "login", "web", "--instance-url", url, "--alias", "web", "--json");
        const [result] = await Promise.all([login, consent("sales.user@my-org.local")]);
        assert.equal(result.username, "sales.user@my-org.local");
        assert.equal(await sf("data", "query", "--query", "SELECT Id FROM Account LIMIT 1", "--target-org", "web", "--json")
            .then((found) => found.totalSize), 1);
    });
    await check("org login jwt", async () => {
        const certificate = process.env.JWT_CERTIFICATE;
        await local("/connected-apps", { name: "CI", clientId: "ci", certificate: readFileSync(certificate, "utf8") });
        const login = ["org", "login", "jwt", "--client-id", "ci", "--instance-url", url, "--alias", "jwt", "--username"];
        await sf(...login, username, "--jwt-key-file", process.env.JWT_KEY, "--json");
        assert.equal((await sf("org", "display", "--target-org", "jwt", "--json")).connectedStatus, "Connected");
        const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
        writeFileSync(join(work, "other.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
        // Another user: the CLI forgets the login of one whose new one fails.
        const said = await refused(...login, "admin@empty-org.local", "--jwt-key-file", join(work, "other.pem"));
        assert.match(said, /invalid assertion/);
    });
    await check("org login sfdx-url", async () => {
        const body = { user: "admin@empty-org.local", clientId: "PlatformCLI" };
        const { refreshToken } = await local("/orgs/empty-org/refresh-tokens", body);
        const file = join(work, "sfdx-url");
        // The CLI puts https:// in front.
        writeFileSync(file, `force://PlatformCLI::${refreshToken}@${new URL(process.env.LOCAL_ORG_HTTPS).host}`);
        await sf("org", "login", "sfdx-url", "--sfdx-url-file", file, "--alias", "url", "--json");
        const shown = await sf("org", "display", "--target-org", "url", "--json");
        assert.deepEqual([shown.username, shown.connectedStatus], ["admin@empty-org.local", "Connected"]);
    });
    // A user with two logins has one name, and the alias of the first is gone.
    env.SF_TARGET_ORG = username;
    await check("project deploy validate", async () => {
        const validated = await sf("project", "deploy", "validate", ...source, "--test-level", "RunLocalTests", "--json");
        assert.deepEqual([validated.status, validated.checkOnly], ["Succeeded", true]);
        assert.match(await refused("sobject", "describe", "--sobject", "Widget__c"), /NOT_FOUND|does not exist/);
    });
    await check("project deploy start", async () => {
        const deployed = await sf("project", "deploy", "start", ...source, "--json");
        assert.equal(deployed.status, "Succeeded");
        assert.equal(deployed.files.filter((file) => file.state === "Created").length, 6);
        const kept = deployed.details.componentSuccesses.find((found) => found.fullName === "Greeter");
        assert.match(kept.problem, /does nothing else with it/);
        const report = await sf("project", "deploy", "report", "--job-id", deployed.id, "--json");
        assert.equal(report.status, "Succeeded");
    });
    await check("project deploy start over REST", async () => {
        env.SF_ORG_METADATA_REST_DEPLOY = "true";
        const deployed = await sf("project", "deploy", "start", ...source, "--json");
        delete env.SF_ORG_METADATA_REST_DEPLOY;
        assert.equal(deployed.status, "Succeeded");
        assert.ok(deployed.files.every((file) => file.state === "Unchanged"), JSON.stringify(deployed.files));
    });
    await check("project deploy start, refused", async () => {
        const path = "force-app/main/default/objects/Widget__c/fields/Long__c.field-meta.xml";
        const file = write(path, metadata("CustomField",
            "<fullName>Long__c</fullName><label>Long</label><length>300</length><type>Text</type>"));
        assert.match(await refused("project", "deploy", "start", ...source), /length must be between 1 and 255/);
        rmSync(file);
    });
    await check("org assign permset", async () => {
        const { successes } = await sf("org", "assign", "permset", "--name", "WidgetUser", "--json");
        assert.equal(successes.length, 1);
        assert.match(await refused("org", "assign", "permset", "--name", "WidgetUser"), /Duplicate PermissionSetAssignment/);
    });
    await check("sobject list, sobject describe", async () => {
        assert.ok((await sf("sobject", "list", "--sobject", "custom", "--json")).includes("Widget__c"));
        const { fields } = await sf("sobject", "describe", "--sobject", "Widget__c", "--json");
        assert.ok(fields.some((field) => field.name === "Code__c" && field.externalId));
    });
    await check("data create, get, update, delete record", async () => {
        const { id } = await sf("data", "create", "record", "--sobject", "Widget__c", "--values", "Name='A b' Code__c=c1", "--json");
        const record = ["--sobject", "Widget__c", "--record-id", id, "--json"];
        assert.equal((await sf("data", "get", "record", ...record)).Name, "A b");
        await sf("data", "update", "record", ...record, "--values", "Code__c=c2");
        assert.equal((await sf("data", "get", "record", "--sobject", "Widget__c", "--where", "Code__c=c2", "--json")).Id, id);
        await sf("data", "delete", "record", ...record);
        assert.equal(await count("SELECT Id FROM Widget__c"), 0);
    });
    await check("data query as table, JSON and CSV", async () => {
        const soql = ["--query", "SELECT Name, (SELECT LastName FROM Contacts) FROM Account ORDER BY Name LIMIT 2"];
        assert.match(await sf("data", "query", ...soql), /Acme/);
        assert.equal((await sf("data", "query", ...soql, "--json")).records[0].attributes.type, "Account");
        assert.match(await sf("data", "query", ...soql, "--result-format", "csv"), /^Name/);
        // Under an alias the CLI leaves the column of a total empty.
        const groups = ["--query", "SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry", "--result-format", "csv"];
        assert.match(await sf("data", "query", ...groups), /Electronics,2/);
    });
    await check("data import tree, data export tree", async () => {
        write("tree.json", JSON.stringify({ records: [
            { attributes: { type: "Account", referenceId: "a" }, Name: "Tree", Contacts: { records: [
                { attributes: { type: "Contact", referenceId: "c" }, LastName: "Leaf" }] } }] }));
        await sf("data", "import", "tree", "--files", "tree.json", "--json");
        assert.equal(await count("SELECT Id FROM Contact WHERE Account.Name = 'Tree'"), 1);
        const soql = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Tree'";
        await sf("data", "export", "tree", "--query", soql, "--output-dir", "exported", "--json");
        assert.match(readFileSync(join(project, "exported/Account-Contact.json"), "utf8"), /Leaf/);
    });
    await check("data import, update, upsert, export and delete bulk", async () => {
        const rows = (values) => `${values.join("\n")}\n`;
        const wait = ["--wait", "5", "--line-ending", "LF", "--json"];
        write("new.csv", rows(["Name,Code__c", ...Array.from({ length: 300 }, (_, n) => `Widget ${n},b${n}`)]));
        await sf("data", "import", "bulk", "--sobject", "Widget__c", "--file", "new.csv", ...wait);
        assert.equal(await count("SELECT Id FROM Widget__c"), 300);
        write("more.csv", rows(["Code__c,Name", "b0,Changed", "b300,New"]));
        await sf("data", "upsert", "bulk", "--sobject", "Widget__c", "--file", "more.csv", "--external-id", "Code__c", ...wait);
        const found = await sf("data", "query", "--query", "SELECT Id FROM Widget__c WHERE Code__c IN ('b0', 'b300')", "--json");
        const ids = found.records.map((record) => record.Id);
        assert.equal(ids.length, 2);
        write("changed.csv", rows(["Id,Name", ...ids.map((id) => `${id},Again`)]));
        await sf("data", "update", "bulk", "--sobject", "Widget__c", "--file", "changed.csv", ...wait);
        assert.equal(await count("SELECT Id FROM Widget__c WHERE Name = 'Again'"), 2);
        const out = ["--output-file", "out.csv", "--result-format", "csv", "--wait", "5", "--json"];
        await sf("data", "export", "bulk", "--query", "SELECT Id, Name FROM Widget__c", ...out);
        assert.equal(readFileSync(join(project, "out.csv"), "utf8").trim().split("\n").length, 302);
        write("gone.csv", rows(["Id", ...ids]));
        await sf("data", "delete", "bulk", "--sobject", "Widget__c", "--file", "gone.csv", ...wait);
        assert.equal(await count("SELECT Id FROM Widget__c"), 299);
    });
    await check("org list metadata-types, org list metadata", async () => {
        const { metadataObjects } = await sf("org", "list", "metadata-types", "--json");
        assert.ok(metadataObjects.some((found) => found.xmlName === "ApexClass"));
        const listed = await sf("org", "list", "metadata", "--metadata-type", "CustomField", "--json");
        assert.ok(listed.some((found) => found.fullName === "Widget__c.Code__c"));
    });
    await check("project retrieve start", async () => {
        rmSync(join(project, "force-app"), { recursive: true });
        mkdirSync(join(project, "force-app"));
        const wanted = ["CustomObject:Widget__c", "ApexClass:Greeter", "PermissionSet:WidgetUser"];
        await sf("project", "retrieve", "start", ...wanted.flatMap((name) => ["--metadata", name]), "--json");
        const read = (path) => readFileSync(join(project, "force-app/main/default", path), "utf8");
        assert.match(read("objects/Widget__c/fields/Code__c.field-meta.xml"), /<externalId>true/);
        assert.match(read("classes/Greeter.cls"), /return 'Hi'/);
        assert.match(read("permissionsets/WidgetUser.permissionset-meta.xml"), /Widget__c\.Account__c/);
    });
    await check("project deploy start of salesforce/force-app, to another org", async () => {
        cpSync(join(salesforce, "force-app"), join(project, "force-app"), { recursive: true });
        const [, { users: [{ accessToken: token }] }] = await local("/orgs");
        env.SF_ACCESS_TOKEN = token;
        await sf("org", "login", "access-token", "--instance-url", url, "--alias", "other", "--no-prompt");
        delete env.SF_ACCESS_TOKEN;
        const deployed = await sf("project", "deploy", "start", ...source, "--target-org", "other", "--json");
        assert.equal(deployed.status, "Succeeded", JSON.stringify(deployed.details.componentFailures));
    });
    await check("org list sobject record-counts", async () => {
        const [{ count: accounts }] = await sf("org", "list", "sobject", "record-counts", "--sobject", "Account", "--json");
        assert.equal(accounts, await count("SELECT Id FROM Account"));
    });
    await check("data search", async () => {
        const { searchRecords } = await sf("data", "search", "--query", "FIND {Acme} IN NAME FIELDS RETURNING Account(Id, Name)", "--json");
        assert.ok(searchRecords.length >= 8);
    });
    await check("apex run, which no local org does", async () => {
        write("hello.apex", "System.debug('x');");
        assert.match(await refused("apex", "run", "--file", "hello.apex"), /runs no Apex/);
    });
    await check("org logout", () => sf("org", "logout", "--target-org", "web", "--no-prompt", "--json"));
} finally {
    rmSync(work, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
