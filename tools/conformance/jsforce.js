// jsforce against local-org. Argument: the URL of local-org.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import jsforce from "jsforce";
import { LocalOrg, run } from "./local-org.js";

const { version } = createRequire(import.meta.url)("jsforce/package.json");
const local = new LocalOrg(process.argv[2]);
const org = await local.org();
const connection = new jsforce.Connection({
    instanceUrl: org.instanceUrl,
    accessToken: org.admin.accessToken,
    version: org.apiVersion,
});
// The bulk classes wait a second between two looks at a job, and that long before the first one.
connection.bulk2.pollInterval = 50;
connection.bulk.pollInterval = 50;

const names = (records) => records.map(({ Name }) => Name).sort();
const inOrg = (like) => local.records(`SELECT Id, Name FROM Account WHERE Name LIKE '${like}'`);

await run(`jsforce ${version}`, {
    async identity() {
        const identity = await connection.identity();
        assert.equal(identity.user_id, org.admin.id);
        assert.equal(identity.organization_id, org.id);
    },

    async logins() {
        const loginUrl = org.instanceUrl;
        // Without an app it logs in by SOAP, with one by OAuth.
        for (const oauth2 of [undefined, { loginUrl, clientId: "any", clientSecret: "any" }]) {
            const own = new jsforce.Connection({ loginUrl, version: org.apiVersion, ...(oauth2 && { oauth2 }) });
            const user = await own.login(org.admin.username, "any");
            assert.deepEqual([user.id, user.organizationId], [org.admin.id, org.id]);
            const { records } = await own.query("SELECT Name FROM Account WHERE Name = 'Acme'");
            assert.deepEqual(names(records), ["Acme"]);
        }
        await assert.rejects(new jsforce.Connection({ loginUrl }).login("nobody", "any"), /INVALID_LOGIN/);
    },

    async limits() {
        const { DailyApiRequests } = await connection.limits();
        assert.ok(DailyApiRequests.Max > DailyApiRequests.Remaining, JSON.stringify(DailyApiRequests));
        assert.ok(connection.limitInfo.apiUsage.used > 0, "the usage header is read");
        assert.deepEqual(await connection.recent(), []);
    },

    async describe() {
        const { sobjects } = await connection.describeGlobal();
        assert.ok(sobjects.some(({ name, keyPrefix }) => name === "Opportunity" && keyPrefix === "006"));
        const { fields, childRelationships } = await connection.sobject("Opportunity").describe();
        const amount = fields.find(({ name }) => name === "Amount");
        assert.deepEqual([amount.type, amount.nillable], ["currency", true]);
        assert.ok(childRelationships.some(({ relationshipName }) => relationshipName === "OpportunityLineItems"));
    },

    async "query in pages"() {
        const expected = await local.count("Opportunity");
        const first = await connection.query("SELECT Id FROM Opportunity ORDER BY Id");
        assert.deepEqual([first.done, first.records.length, first.totalSize], [false, 2000, expected]);
        const second = await connection.queryMore(first.nextRecordsUrl);
        assert.equal(second.records.length, 2000);
        const all = await connection.query("SELECT Id FROM Opportunity").run({ autoFetch: true, maxFetch: 100_000 });
        assert.equal(new Set(all.records.map(({ Id }) => Id)).size, expected);
    },

    async "parents and children"() {
        const [opportunity] = await connection
            .sobject("Opportunity")
            .find({ "Account.Name": "Acme" }, "Id, Account.Name")
            .include("OpportunityLineItems")
            .select("Id, UnitPrice")
            .end()
            .limit(1);
        assert.equal(opportunity.Account.Name, "Acme");
        assert.deepEqual(opportunity.OpportunityLineItems.records.map(({ UnitPrice }) => UnitPrice), [100, 100]);
    },

    async "create, retrieve, update, delete"() {
        const accounts = connection.sobject("Account");
        const { id, success } = await accounts.create({ Name: "jsforce one", NumberOfEmployees: 0 });
        assert.equal(success, true);
        const record = await accounts.retrieve(id);
        assert.deepEqual([record.Name, record.NumberOfEmployees, record.Phone], ["jsforce one", 0, null]);
        await accounts.update({ Id: id, Name: "jsforce two" });
        assert.deepEqual(await inOrg("jsforce%"), [{ Id: id, Name: "jsforce two" }]);
        await accounts.destroy(id);
        assert.deepEqual(await inOrg("jsforce%"), []);
        await assert.rejects(accounts.destroy(id), { errorCode: "ENTITY_IS_DELETED" });
        await assert.rejects(accounts.create({}), { errorCode: "REQUIRED_FIELD_MISSING" });
    },

    async upsert() {
        const [{ Id: OpportunityId }] = await local.records("SELECT Id FROM Opportunity LIMIT 1");
        const quotes = connection.sobject("Quote");
        const key = { QuoteJobKey__c: "jsforce-1", OpportunityId };
        const made = await quotes.upsert({ ...key, Name: "First" }, "QuoteJobKey__c");
        assert.equal(made.created, true);
        const changed = await quotes.upsert({ QuoteJobKey__c: "jsforce-1", Name: "Second" }, "QuoteJobKey__c");
        assert.deepEqual([changed.id, changed.created], [made.id, false]);
        const found = await local.records("SELECT Id, Name FROM Quote WHERE QuoteJobKey__c = 'jsforce-1'");
        assert.deepEqual(found, [{ Id: made.id, Name: "Second" }]);
    },

    async collections() {
        const accounts = connection.sobject("Account");
        const created = await accounts.create([{ Name: "jsforce A" }, { Name: "jsforce B" }, { Phone: "1" }]);
        assert.deepEqual(created.map(({ success }) => success), [true, true, false]);
        assert.equal(created[2].errors[0].statusCode, "REQUIRED_FIELD_MISSING");
        const ids = created.slice(0, 2).map(({ id }) => id);
        assert.deepEqual(names(await accounts.retrieve(ids)), ["jsforce A", "jsforce B"]);
        await accounts.update(ids.map((Id, index) => ({ Id, Name: `jsforce ${index}` })));
        assert.deepEqual(names(await inOrg("jsforce%")), ["jsforce 0", "jsforce 1"]);
        const deleted = await accounts.destroy(ids);
        assert.ok(deleted.every(({ success }) => success));
        assert.deepEqual(await inOrg("jsforce%"), []);
    },

    async "bulk insert and delete"() {
        const input = Array.from({ length: 3000 }, (_, index) => ({ Name: `jsforce bulk, "${index}"` }));
        const options = { object: "Account", operation: "insert", input: [...input, { Name: "x".repeat(256) }] };
        const loaded = await connection.bulk2.loadAndWaitForResults(options);
        assert.deepEqual([loaded.successfulResults.length, loaded.failedResults.length], [3000, 1]);
        assert.match(loaded.failedResults[0].sf__Error, /^STRING_TOO_LONG/);
        const found = await inOrg("jsforce bulk%");
        assert.deepEqual(names(found), names(input));
        const ids = found.slice(0, 1000).map(({ Id }) => ({ Id }));
        const deleted = await connection.bulk2.loadAndWaitForResults({ ...options, operation: "delete", input: ids });
        assert.equal(deleted.successfulResults.length, 1000);
        assert.equal(await local.count("Account WHERE Name LIKE 'jsforce bulk%'"), 2000);
    },

    // It looks for a delimiter in the whole result and takes any that it finds outside quotes.
    async "bulk results with other delimiters in them"() {
        const Description = "a;b|c^d`e\tf";
        const input = [{ Name: "jsforce delimiters", Description }, { Name: "x".repeat(256), Description }];
        const loaded = await connection.bulk2.loadAndWaitForResults({ object: "Account", operation: "insert", input });
        const [saved, failed] = [loaded.successfulResults, loaded.failedResults];
        assert.deepEqual([saved.length, saved[0]?.Description], [1, Description]);
        assert.deepEqual([failed.length, failed[0]?.Description], [1, Description]);
        const stream = await connection.bulk2.query("SELECT Description FROM Account WHERE Name = 'jsforce delimiters'");
        assert.deepEqual(await stream.toArray(), [{ Description }]);
    },

    // A date is written in three ways: as a day or a time in JSON, as milliseconds in CSV, as it is shown in SOQL.
    async dates() {
        const contacts = connection.sobject("Contact");
        const Birthdate = new Date("2030-01-31T00:00:00Z");
        const { id } = await contacts.create({ LastName: "jsforce date", Birthdate });
        assert.deepEqual(await local.records(`SELECT Birthdate FROM Contact WHERE Id = '${id}'`), [{ Birthdate: "2030-01-31" }]);
        const input = [{ LastName: "jsforce date", Birthdate }];
        const { failedResults } = await connection.bulk2.loadAndWaitForResults({ object: "Contact", operation: "insert", input });
        assert.match(failedResults[0].sf__Error, new RegExp(`^INVALID_TYPE_ON_FIELD_IN_RECORD:.*${Number(Birthdate)}`));
        await assert.rejects(contacts.find({ CreatedDate: { $gt: Birthdate } }).execute(), { errorCode: "MALFORMED_QUERY" });
        await contacts.destroy(id);
    },

    // It writes `#N/A`, where other clients leave the cell empty.
    async "null in bulk clears a field"() {
        const { id: Id } = await connection.sobject("Account").create({ Name: "jsforce null", Phone: "1", Fax: "2" });
        await connection.bulk2.loadAndWaitForResults({ object: "Account", operation: "update", input: [{ Id, Phone: null, Fax: "" }] });
        assert.deepEqual(await local.records(`SELECT Phone, Fax FROM Account WHERE Id = '${Id}'`), [{ Phone: null, Fax: "2" }]);
        await connection.sobject("Account").destroy(Id);
    },

    async "bulk query"() {
        const stream = await connection.bulk2.query("SELECT Id, Name FROM Account WHERE Name LIKE 'jsforce bulk%'");
        assert.deepEqual(names(await stream.toArray()), names(await inOrg("jsforce bulk%")));
    },

    // Bulk API v1: jobs of batches, in CSV.
    async "bulk v1: insert, upsert, delete"() {
        const input = Array.from({ length: 300 }, (_, index) => ({ Name: `jsforce v1, "${index}"` }));
        const results = await connection.bulk.load("Account", "insert", [...input, { Name: "x".repeat(256) }]);
        assert.deepEqual([results.length, results.filter(({ success }) => success).length], [301, 300]);
        assert.match(results[300].errors[0], /^STRING_TOO_LONG/);
        const found = await inOrg("jsforce v1%");
        assert.deepEqual(names(found), names(input));
        const byId = new Map(found.map(({ Id, Name }) => [Id, Name]));
        assert.deepEqual(results.slice(0, 300).map(({ id }) => byId.get(id)), input.map(({ Name }) => Name), "in their order");
        const [{ Id: OpportunityId }] = await local.records("SELECT Id FROM Opportunity LIMIT 1");
        const quote = { QuoteJobKey__c: "jsforce-v1", Name: "v1" };
        const options = { extIdField: "QuoteJobKey__c", concurrencyMode: "Serial" };
        // The Opportunity of a Quote cannot be set again.
        for (const record of [{ ...quote, OpportunityId }, quote]) {
            const [upserted] = await connection.bulk.load("Quote", "upsert", options, [record]);
            assert.deepEqual([upserted.success, upserted.created], [true, record !== quote]);
        }
        const deleted = await connection.bulk.load("Account", "delete", found.map(({ Id }) => ({ Id })));
        assert.ok(deleted.every(({ success }) => success));
        assert.deepEqual(await inOrg("jsforce v1%"), []);
    },

    async "bulk v1: query, and its errors"() {
        const expected = await local.count("Opportunity");
        const stream = await connection.bulk.query("SELECT Id, Account.Name FROM Opportunity");
        const records = await stream.toArray();
        assert.deepEqual([records.length, records[0]["Account.Name"]], [expected, "Acme"]);
        await assert.rejects(
            connection.bulk.query("SELECT Nope FROM Opportunity").then((found) => found.toArray()),
            /Failed to process query: INVALID_FIELD/,
        );
        // A batch is no promise, though it can be awaited.
        const load = (from, object) => async () => await from.bulk.load(object, "insert", [{ Name: "a" }]);
        await assert.rejects(load(connection, "Nothing"), { errorCode: "InvalidEntity" });
        const stranger = new jsforce.Connection({ instanceUrl: org.instanceUrl, accessToken: "nonsense" });
        await assert.rejects(load(stranger, "Account"), { errorCode: "InvalidSessionId" });
    },
});
