// Checks local-org's Pub/Sub API with the public Node.js client, unchanged:
//   node check.js [program]      the program is target/debug/local-org unless named
// The client speaks TLS only and brings its own authorities, so it does not verify the certificate here.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';

import PubSubApiClient from 'salesforce-pubsub-api-client';

import { LocalOrg } from './local-org.js';

const ROOT = new URL('../../../', import.meta.url);
const PROGRAM = process.argv[2] ?? fileURLToPath(new URL('target/debug/local-org', ROOT));
const CHANGES = '/data/OpportunityChangeEvent';
const DONE = '/event/QuoteGenerationComplete__e';
const PATIENCE = 30_000;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function client(org, settings = {}) {
    return new PubSubApiClient(
        {
            authType: 'user-supplied',
            accessToken: org.user.accessToken,
            instanceUrl: org.url.replace('http://', 'https://'),
            organizationId: org.id,
            pubSubEndpoint: org.pubsub,
            rejectUnauthorizedSsl: false,
            ...settings,
        },
        silent,
    );
}

/** What a subscription calls back, to be waited for. */
class Inbox {
    #seen = [];
    #waiting = [];

    callback = (info, type, data) => {
        this.#seen.push({ type, data, info: { ...info } });
        this.#waiting.forEach(check => check());
    };

    /**
     * The first `count` callbacks of a type, once there are that many; events by replay id. The client does not hand events
     * over in order: one whose schema it knows overtakes an earlier one whose schema it is still fetching.
     */
    async take(type, count = 1) {
        const found = () => {
            const seen = this.#seen.filter(seen => seen.type === type);
            return type === 'event' ? seen.sort((a, b) => a.data.replayId - b.data.replayId) : seen;
        };
        return new Promise((resolve, reject) => {
            const late = setTimeout(() => {
                const seen = this.#seen.map(({ type, data }) => `${type} ${data?.message ?? ''}`).join('; ');
                reject(new Error(`waited for ${count} x ${type}, got: ${seen}`));
            }, PATIENCE);
            const check = () => {
                if (found().length < count) return;
                clearTimeout(late);
                resolve(found().slice(0, count));
            };
            this.#waiting.push(check);
            check();
        });
    }
}

/**
 * Subscribes with one of the client's methods and waits until the org has read the request: the subscription begins
 * then. Streams of clients that were closed stay open until the process ends, because close() does not cancel them.
 */
async function begin(org, subscribe) {
    const topics = async () => {
        const { streams } = await org.call('GET', '/local/orgs/my-org/pubsub/streams');
        return streams.filter(({ topic }) => topic).map(({ id }) => id);
    };
    const before = await topics();
    subscribe();
    const deadline = Date.now() + PATIENCE;
    while (!(await topics()).some(id => !before.includes(id))) {
        assert.ok(Date.now() < deadline, 'the stream was not opened');
        await new Promise(resolve => setTimeout(resolve, 20));
    }
}

const checks = {
    // First, because it disconnects all streams.
    async 'a stream that was cut off can be opened again'(org) {
        const again = client(org);
        await again.connect();
        const before = new Inbox();
        await begin(org, () => again.subscribe(DONE, before.callback));
        await org.call('POST', '/local/orgs/my-org/pubsub/disconnect', { how: 'unavailable' });
        assert.equal((await before.take('grpcStatus'))[0].data.code, 14);
        await before.take('end');
        const after = new Inbox();
        await begin(org, () => again.subscribe(DONE, after.callback));
        await org.rest('POST', '/sobjects/QuoteGenerationComplete__e', { Status__c: 'Again', JobId__c: 'job-3' });
        assert.equal((await after.take('event'))[0].data.payload.Status__c, 'Again');
        again.close();
    },

    async 'change events arrive with the names of changed fields'(org) {
        const fields = { Name: 'Deal', StageName: 'Prospecting', CloseDate: '2030-06-27', Amount: 1234.5 };
        const inbox = new Inbox();
        const subscriber = client(org);
        await subscriber.connect();
        await begin(org, () => subscriber.subscribe(CHANGES, inbox.callback));
        const { id } = await org.rest('POST', '/sobjects/Opportunity', fields);
        await org.rest('PATCH', `/sobjects/Opportunity/${id}`, { StageName: 'Closed Won', NextStep: null, Amount: 99 });
        await org.rest('DELETE', `/sobjects/Opportunity/${id}`);
        const [created, updated, deleted] = (await inbox.take('event', 3)).map(({ data }) => data);
        const header = created.payload.ChangeEventHeader;
        assert.equal(header.entityName, 'Opportunity');
        assert.deepEqual(header.recordIds, [id]);
        assert.equal(header.changeType, 'CREATE');
        assert.equal(header.commitUser, org.user.id);
        assert.equal(created.payload.Name, 'Deal');
        assert.equal(created.payload.Amount, 1234.5);
        assert.equal(created.payload.CloseDate, Date.UTC(2030, 5, 27));
        assert.equal(updated.payload.ChangeEventHeader.changeType, 'UPDATE');
        const changed = updated.payload.ChangeEventHeader.changedFields;
        for (const field of ['StageName', 'Amount', 'Probability', 'IsWon', 'LastModifiedDate']) {
            assert.ok(changed.includes(field), `${field} in ${changed}`);
        }
        for (const field of ['Name', 'CloseDate', 'NextStep']) {
            assert.ok(!changed.includes(field), `${field} not in ${changed}`);
        }
        assert.equal(updated.payload.StageName, 'Closed Won');
        assert.equal(updated.payload.Name, null, 'what did not change is null');
        assert.equal(deleted.payload.ChangeEventHeader.changeType, 'DELETE');
        assert.ok(created.replayId < updated.replayId && updated.replayId < deleted.replayId);
        subscriber.close();
    },

    async 'events can be read again from a replay id'(org) {
        const reader = client(org);
        await reader.connect();
        const all = new Inbox();
        reader.subscribeFromEarliestEvent(CHANGES, all.callback, 3);
        const [first] = await all.take('event', 3);
        await all.take('lastEvent');
        reader.close();
        const again = client(org);
        await again.connect();
        const rest = new Inbox();
        again.subscribeFromReplayId(CHANGES, rest.callback, 2, first.data.replayId);
        const types = (await rest.take('event', 2)).map(({ data }) => data.payload.ChangeEventHeader.changeType);
        assert.deepEqual(types, ['UPDATE', 'DELETE']);
        again.close();
    },

    async 'platform events are published and received unchanged'(org) {
        const peer = client(org);
        await peer.connect();
        const inbox = new Inbox();
        await begin(org, () => peer.subscribe(DONE, inbox.callback, 100));
        const payload = status => ({
            CreatedDate: 1_700_000_000_000,
            CreatedById: org.user.id,
            Status__c: { string: status },
            JobId__c: { string: 'job-1' },
        });
        const correlationKey = '0f5ab1ca-9b57-4f2a-8a29-4c5a3a7d4c11';
        const published = await peer.publish(DONE, payload('Published'), correlationKey);
        assert.equal(published.correlationKey, correlationKey);
        await org.rest('POST', '/sobjects/QuoteGenerationComplete__e', { Status__c: 'By REST', JobId__c: 'job-2' });
        const [first, second] = (await inbox.take('event', 2)).map(({ data }) => data);
        assert.equal(first.replayId, published.replayId);
        assert.equal(first.id, correlationKey);
        assert.equal(first.payload.CreatedDate, 1_700_000_000_000);
        assert.equal(first.payload.Status__c, 'Published');
        assert.equal(first.payload.JobId__c, 'job-1');
        assert.equal(second.payload.Status__c, 'By REST');

        const batch = ['a', 'b', 'c'].map((status, index) => ({
            id: `batch-${index}`,
            payload: payload(status),
        }));
        const responses = [];
        const published3 = new Promise((resolve, reject) => {
            peer.publishBatch(DONE, batch, (_info, type, data) => {
                if (type === 'error') reject(data);
                if (type === 'publishResponse') responses.push(data);
                if (type === 'publishResponse') resolve();
            }).catch(reject);
        });
        await published3;
        const statuses = (await inbox.take('event', 5)).map(({ data }) => data.payload.Status__c);
        assert.deepEqual(statuses.slice(2), ['a', 'b', 'c']);
        peer.close();
    },

    async 'keepalives are told apart from events'(org) {
        await org.call('PUT', '/local/orgs/my-org/pubsub/settings', { keepaliveMs: 100 });
        const waiting = client(org);
        await waiting.connect();
        const inbox = new Inbox();
        waiting.subscribe(DONE, inbox.callback, 1);
        const [{ info }] = await inbox.take('grpcKeepAlive', 2);
        assert.ok(info.lastReplayId > 0);
        await org.call('PUT', '/local/orgs/my-org/pubsub/settings', {});
        waiting.close();
    },

    async 'errors carry their status'(org) {
        const wrongToken = client(org, { accessToken: `${org.id.slice(0, 15)}!AQwrong` });
        await wrongToken.connect();
        const refused = new Inbox();
        wrongToken.subscribe(DONE, refused.callback, 1);
        const [{ data: status }] = await refused.take('grpcStatus');
        assert.equal(status.code, 16);
        assert.deepEqual(status.metadata.get('error-code'), ['sfdc.platform.eventbus.grpc.service.auth.error']);
        const [{ data: error }] = await refused.take('error');
        assert.equal(error.code, 16);
        await refused.take('end');
        wrongToken.close();

        const wrongTopic = client(org);
        await wrongTopic.connect();
        const unknown = new Inbox();
        wrongTopic.subscribe('/event/Nothing__e', unknown.callback, 1);
        assert.equal((await unknown.take('grpcStatus'))[0].data.code, 5);
        await unknown.take('end');
        wrongTopic.close();
    },
};

const org = await LocalOrg.start(PROGRAM, fileURLToPath(new URL('salesforce', ROOT)));
let failed = 0;
try {
    for (const [name, check] of Object.entries(checks)) {
        try {
            await check(org);
            console.log(`ok      ${name}`);
        } catch (error) {
            failed += 1;
            console.log(`FAILED  ${name}\n${error.stack}`);
        }
    }
} finally {
    org.stop();
}
// At once: the streams of closed clients have nobody who takes their errors.
process.exit(failed ? 1 : 0);
