// Runs local-org as a process, and speaks its REST and control API.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class LocalOrg {
    /** Starts the program on free ports and waits until it serves all of them. */
    static async start(program, salesforce) {
        const options = ['--port', '0', '--pubsub-port', '0', '--pubsub-tls-port', '0', '--salesforce-dir', salesforce];
        const process = spawn(program, options, { stdio: ['ignore', 'pipe', 'inherit'] });
        const ended = new Promise((_, reject) => {
            process.once('error', reject);
            process.once('exit', code => reject(new Error(`local-org ended with ${code}`)));
        });
        ended.catch(() => {});
        const org = new LocalOrg();
        org.process = process;
        const ready = (async () => {
            for await (const line of createInterface({ input: process.stdout })) {
                const url = line.match(/https?:\/\/\S+/)?.[0];
                if (line.startsWith('local-org listening on ')) org.url = url;
                if (line.startsWith('Pub/Sub API at https://')) {
                    // By name, because an address cannot be asked for in TLS.
                    org.pubsub = url.replace('https://127.0.0.1', 'localhost');
                    return;
                }
            }
        })();
        await Promise.race([ready, ended]);
        const orgs = await org.call('GET', '/local/orgs');
        const { id, users } = orgs.find(({ name }) => name === 'my-org');
        Object.assign(org, { id, user: users[0] });
        return org;
    }

    stop() {
        this.process.removeAllListeners('exit');
        this.process.kill('SIGTERM');
    }

    /** A call of the control API. */
    async call(method, path, body) {
        return this.#send(method, path, {}, body);
    }

    /** A call of the REST API as the administrator; the path begins after the version. */
    async rest(method, path, body) {
        return this.#send(method, `/services/data/v62.0${path}`, { authorization: `Bearer ${this.user.accessToken}` }, body);
    }

    async #send(method, path, headers, body) {
        const response = await fetch(this.url + path, {
            method,
            headers: { 'content-type': 'application/json', ...headers },
            body: body && JSON.stringify(body),
        });
        const text = await response.text();
        if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
        return text ? JSON.parse(text) : undefined;
    }
}
