// local-org seen from behind, through its control API: what is really in an org, whatever a client says.
import assert from "node:assert/strict";

/** The org under test. */
export const ORG = "my-org";

export class LocalOrg {
    /** @param {string} url where local-org listens */
    constructor(url) {
        this.url = url;
    }

    /** What a client needs to know: `instanceUrl`, `apiVersion`, `id` and the administrator with an `accessToken`. */
    async org() {
        const orgs = await this.#get("/local/orgs");
        const org = orgs.find(({ name }) => name === ORG);
        return { ...org, admin: org.users[0] };
    }

    /** The records that a query finds, without their `attributes`. */
    async records(soql) {
        const { records } = await this.#get(`/local/orgs/${ORG}/query?q=${encodeURIComponent(soql)}`);
        return records.map(({ attributes, ...fields }) => fields);
    }

    /** How many records a query without a select list finds, such as `Account WHERE Name = 'x'`. */
    async count(from) {
        const { totalSize } = await this.#get(`/local/orgs/${ORG}/query?q=${encodeURIComponent(`SELECT COUNT() FROM ${from}`)}`);
        return totalSize;
    }

    async #get(path) {
        const response = await fetch(this.url + path);
        assert.equal(response.status, 200, `GET ${path}: ${await response.clone().text()}`);
        return response.json();
    }
}

/** Runs the steps of a client one after the other and prints one line for all, or the step that failed and why. */
export async function run(client, steps) {
    const done = [];
    for (const [name, step] of Object.entries(steps)) {
        try {
            await step();
            done.push(name);
        } catch (error) {
            console.log(`FAILED ${client}: ${name}`);
            console.log(error.stack.replaceAll(/^/gm, "       "));
            process.exit(1);
        }
    }
    console.log(`ok     ${client}: ${done.join(", ")}`);
}
