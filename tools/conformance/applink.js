// The SDK of Heroku AppLink against local-org, as an add-on and as an org. Argument: the URL of local-org; the variables
// HEROKU_APPLINK_API_URL, HEROKU_APPLINK_TOKEN and HEROKU_APP_ID are set as an app with the add-on has them.
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { createRequire } from "node:module";
import { LocalOrg, ORG, run } from "./local-org.js";

const require = createRequire(import.meta.url);
const sdk = require("@heroku/applink").init();
const { version } = require("@heroku/applink/package.json");
const local = new LocalOrg(process.argv[2]);
const known = await local.org();
let org;

/** The header that the service mesh passes on with a call from Salesforce. */
function clientContext() {
    const context = {
        requestId: "00DLO0000000001-conformance",
        accessToken: known.admin.accessToken,
        apiVersion: known.apiVersion,
        namespace: null,
        orgId: known.id,
        orgDomainUrl: known.instanceUrl,
        userContext: { userId: known.admin.id, username: known.admin.username },
    };
    return Buffer.from(JSON.stringify(context)).toString("base64");
}

async function finished(job) {
    for (let tries = 0; tries < 200; tries += 1) {
        const info = await org.bulkApi.getInfo(job);
        if (["JobComplete", "Failed", "Aborted"].includes(info.state)) return info;
        await setTimeout(50);
    }
    throw new Error(`the job ${job.id} did not end within 10 s`);
}

await run(`@heroku/applink ${version}`, {
    async authorization() {
        org = await sdk.addons.applink.getAuthorization(ORG);
        assert.deepEqual([org.id, org.domainUrl, org.apiVersion], [known.id, known.instanceUrl, known.apiVersion]);
        assert.deepEqual([org.user.id, org.user.username], [known.admin.id, known.admin.username]);
        await assert.rejects(sdk.addons.applink.getAuthorization("nobody"), /nobody/);
    },

    async "client context"() {
        const { context } = sdk.salesforce.parseRequest({ "x-client-context": clientContext() }, {}, console);
        assert.equal(context.org.id, known.id);
        const { records } = await context.org.dataApi.query("SELECT Id, Name FROM Account WHERE Name = 'Acme'");
        const [expected] = await local.records("SELECT Id FROM Account WHERE Name = 'Acme'");
        assert.deepEqual(records.map(({ type, fields }) => [type, fields.Id]), [["Account", expected.Id]]);
    },

    async "query in pages"() {
        const expected = await local.count("Opportunity");
        const ids = new Set();
        let page = await org.dataApi.query("SELECT Id FROM Opportunity");
        for (;;) {
            assert.equal(page.totalSize, expected);
            page.records.forEach(({ fields }) => ids.add(fields.Id));
            if (page.done) break;
            page = await org.dataApi.queryMore(page);
        }
        assert.equal(ids.size, expected);
    },

    async "parents and children"() {
        const soql = `SELECT Name, Account.Name, (SELECT UnitPrice FROM OpportunityLineItems) FROM Opportunity LIMIT 1`;
        const [{ fields, subQueryResults }] = (await org.dataApi.query(soql)).records;
        assert.ok(fields.Name.startsWith("Sample Opportunity"), fields.Name);
        assert.equal(fields.Account.fields.Name, "Acme");
        const { done, totalSize, records } = subQueryResults.OpportunityLineItems;
        assert.deepEqual([done, totalSize, records.length], [true, 2, 2]);
    },

    async "create, update, delete"() {
        const { id } = await org.dataApi.create({ type: "Account", fields: { Name: "AppLink one" } });
        await org.dataApi.update({ type: "Account", fields: { id, Name: "AppLink two" } });
        assert.deepEqual(await local.records(`SELECT Name FROM Account WHERE Id = '${id}'`), [{ Name: "AppLink two" }]);
        await org.dataApi.delete("Account", id);
        assert.equal(await local.count("Account WHERE Name LIKE 'AppLink%'"), 0);
    },

    async "unit of work"() {
        const [opportunity] = await local.records(
            "SELECT Id, (SELECT Id, PricebookEntryId FROM OpportunityLineItems) FROM Opportunity LIMIT 1",
        );
        const [book] = await local.records("SELECT Id FROM Pricebook2 WHERE IsStandard = true");
        const work = org.dataApi.newUnitOfWork();
        const quote = work.registerCreate({
            type: "Quote",
            fields: { Name: "AppLink", OpportunityId: opportunity.Id, Pricebook2Id: book.Id },
        });
        for (const { PricebookEntryId } of opportunity.OpportunityLineItems.records) {
            const fields = { QuoteId: quote, PricebookEntryId, Quantity: 1, UnitPrice: 90 };
            work.registerCreate({ type: "QuoteLineItem", fields });
        }
        const results = await org.dataApi.commitUnitOfWork(work);
        const soql = "SELECT Id, TotalPrice, (SELECT Id FROM QuoteLineItems) FROM Quote WHERE Name = 'AppLink'";
        const [made, ...others] = await local.records(soql);
        assert.deepEqual([made.Id, made.TotalPrice, others.length], [results.get(quote).id, 180, 0]);
        assert.equal(made.QuoteLineItems.totalSize, 2);
        assert.equal(results.size, 3);
    },

    async "failed unit of work"() {
        const work = org.dataApi.newUnitOfWork();
        // The SDK tells the first error only, which is that of the transaction for records that were fine.
        work.registerCreate({ type: "Contact", fields: { FirstName: "No last name" } });
        work.registerCreate({ type: "Account", fields: { Name: "AppLink undone" } });
        await assert.rejects(org.dataApi.commitUnitOfWork(work), /REQUIRED_FIELD_MISSING|Required fields are missing/);
        assert.equal(await local.count("Account WHERE Name = 'AppLink undone'"), 0);
    },

    // It writes null as an empty cell, which leaves a field as it is; who means it writes the API's word.
    async "null in bulk"() {
        const { id } = await org.dataApi.create({ type: "Account", fields: { Name: "AppLink null", Phone: "1", Fax: "2" } });
        const table = org.bulkApi.createDataTableBuilder(["Id", "Phone", "Fax"]);
        table.addRow([id, null, "#N/A"]);
        const [job] = await org.bulkApi.ingest({ object: "Account", operation: "update", dataTable: table.build() });
        assert.equal((await finished(job)).state, "JobComplete");
        assert.deepEqual(await local.records(`SELECT Phone, Fax FROM Account WHERE Id = '${id}'`), [{ Phone: "1", Fax: null }]);
        await org.dataApi.delete("Account", id);
    },

    // What is empty is not told, and names are listed in lower case.
    async "fields that are left out"() {
        const { id } = await org.dataApi.create({ type: "Account", fields: { Name: "AppLink empty", NumberOfEmployees: 0 } });
        const { records } = await org.dataApi.query(`SELECT Id, Name, NumberOfEmployees, Phone, IsDeleted FROM Account WHERE Id = '${id}'`);
        assert.deepEqual(Object.keys(records[0].fields).sort(), ["id", "name"]);
        assert.equal(records[0].fields.Id, id);
        await org.dataApi.delete("Account", id);
    },

    async "bulk insert and query"() {
        const builder = org.bulkApi.createDataTableBuilder(["Name"]);
        for (let index = 0; index < 1000; index += 1) builder.addRow([`AppLink bulk ${index}`]);
        const [job] = await org.bulkApi.ingest({ object: "Account", operation: "insert", dataTable: builder.build() });
        assert.equal(job.error, undefined);
        const { state, numberRecordsProcessed } = await finished(job);
        assert.deepEqual([state, Number(numberRecordsProcessed)], ["JobComplete", 1000]);
        assert.equal((await org.bulkApi.getSuccessfulResults(job)).length, 1000);
        assert.equal(await local.count("Account WHERE Name LIKE 'AppLink bulk%'"), 1000);

        const text = "a;b|c^d`e\tf";
        const odd = org.bulkApi.createDataTableBuilder(["Name", "Description"]);
        odd.addRow(["AppLink delimiters", text]).addRow(["x".repeat(256), text]);
        const [loaded] = await org.bulkApi.ingest({ object: "Account", operation: "insert", dataTable: odd.build() });
        await finished(loaded);
        const results = [await org.bulkApi.getSuccessfulResults(loaded), await org.bulkApi.getFailedResults(loaded)];
        for (const rows of results) {
            assert.deepEqual([rows.length, rows[0]?.get("Description")], [1, text], "one row, with its value");
        }

        const query = await org.bulkApi.query({ soql: "SELECT Name FROM Account WHERE Name LIKE 'AppLink bulk%'" });
        assert.equal((await finished(query)).state, "JobComplete");
        const found = [];
        let page = await org.bulkApi.getQueryResults(query, { maxRecords: 400 });
        for (;;) {
            page.dataTable.forEach((row) => found.push(row.get("Name")));
            if (page.done) break;
            page = await org.bulkApi.getMoreQueryResults(page, { maxRecords: 400 });
        }
        assert.equal(new Set(found).size, 1000);
    },
});
