// The processes behind the pages: Redis, local-org, web and worker on free ports of this machine. They are those that
// cargo has built, and end with this process.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_LIMIT = 60_000;

/** For this stack only. */
export const USERNAME = 'admin';
export const PASSWORD = 'correct horse battery';

/** A port that nobody listens on now. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A process whose output is kept for messages. */
class Process {
  #child;
  #output = '';
  #ended;

  constructor(name, command, args, env = {}) {
    this.name = name;
    const { PATH, HOME } = process.env;
    this.#child = spawn(command, args, { env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', resolve);
      this.#child.once('error', (error) => {
        this.#output += String(error);
        resolve();
      });
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (data) => (this.#output += data));
    }
  }

  /** The match of a pattern in what it prints. */
  async prints(pattern) {
    const end = Date.now() + READY_LIMIT;
    let running = true;
    this.#ended.then(() => (running = false));
    while (Date.now() < end) {
      const match = pattern.exec(this.#output);
      if (match) return match;
      if (!running) break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`${this.name} did not print ${pattern}:\n${this.#output.slice(-2000)}`);
  }

  /** Ends it at once, as the system does. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async stop() {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** What callers of eventing's web send. */
export const TOKEN = '0123456789-token-of-this-stack-only';

/** Everything that the pages need. */
export class Stack {
  #processes = [];
  #workers = new Map();
  #dashboard;
  #redis;
  #folder = mkdtempSync(join(tmpdir(), 'pages-'));

  /** @param {string} binaries folder with the built binaries */
  constructor(binaries) {
    this.binaries = binaries;
  }

  /**
   * The pages of api-access, with a worker.
   * @param {object} options
   * @param {string} options.binaries folder with the built binaries
   * @param {string[]} options.connections names of the connections that the pages show
   */
  static start({ binaries, connections }) {
    return Stack.#started(binaries, async (stack) => {
      await stack.startWeb('api-access', {
        CONNECTION_NAMES: connections.join(','),
        ORG_DEADLINE_MILLISECONDS: '5000',
        APP_USERNAME: USERNAME,
        APP_PASSWORD: PASSWORD,
      });
      await stack.startWorker();
    });
  }

  /**
   * The web process of another pattern, without a worker.
   * @param {object} options
   * @param {string} options.binaries folder with the built binaries
   * @param {string} options.pattern its name
   */
  static startPattern({ binaries, pattern }) {
    return Stack.#started(binaries, (stack) => stack.startWeb(pattern));
  }

  /**
   * local-org alone, whose console is then what visitors see.
   * @param {object} options
   * @param {string} options.binaries folder with the built binaries
   */
  static startOrg({ binaries }) {
    return Stack.#started(binaries, async (stack) => {
      await stack.#startOrg(binaries);
      stack.url = stack.orgUrl;
    });
  }

  static async #started(binaries, start) {
    const stack = new Stack(binaries);
    try {
      await start(stack);
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  async #startOrg(binaries) {
    const salesforce = join(ROOT, 'salesforce');
    const options = ['--port', '0', '--pubsub-port', '0', '--salesforce-dir', salesforce];
    // The dashboard comes later, if at all.
    if (this.#dashboard) options.push('--dashboard-url', `http://127.0.0.1:${this.#dashboard}`);
    const org = this.#add('local-org', join(binaries, 'local-org'), options);
    [, this.orgUrl] = await org.prints(/listening on (http:\/\/[\w.:]+)/);
  }

  /** Redis, local-org, and the web process of a pattern with these variables besides. */
  async startWeb(pattern, variables = {}) {
    this.pattern = pattern;
    this.#dashboard = await freePort();
    const redisPort = await freePort();
    const redis = ['--port', redisPort, '--bind', '127.0.0.1', '--save', '', '--dir', this.#folder];
    this.#redis = this.#add('redis', 'redis-server', redis.map(String));
    await this.#redis.prints(/Ready to accept connections/);
    await this.#startOrg(this.binaries);
    this.shared = {
      REDIS_URL: `redis://127.0.0.1:${redisPort}/0`,
      JOB_SECRET_KEY: randomBytes(32).toString('hex'),
      ALLOWED_ORG_HOSTS: '127.0.0.1:*',
      PUBSUB_ENDPOINT: `http://${(await this.org('GET', '/endpoints')).pubsub}`,
      // A worker that is gone is missed after a second.
      LEASE_SECONDS: '2',
      EVENT_AUTHORIZATION: 'my-org',
      // local-org's own defaults.
      HEROKU_APPLINK_API_URL: `${this.orgUrl}/addons/01234567-89ab-4cde-8f01-23456789abcd`,
      HEROKU_APPLINK_TOKEN: 'local-addon-token',
      HEROKU_APP_ID: '00000000-0000-4000-8000-000000000001',
    };
    const web = this.#add(`${pattern}-web`, join(this.binaries, `${pattern}-web`), [], {
      ...this.shared,
      PORT: String(await freePort()),
      BIND_ADDRESS: '127.0.0.1',
      EVENT_SUBSCRIBER: 'false',
      EVENT_QUIET_MILLISECONDS: '100',
      WEBHOOK_TOKEN: TOKEN,
      ...variables,
    });
    [, this.url] = await web.prints(/listening on (http:\/\/[\w.:]+)/);
  }

  /** The dashboard of the same Redis, with these variables besides; its address, to which local-org's console leads. */
  async startDashboard(variables = {}) {
    const dashboard = this.#add('dashboard-web', join(this.binaries, 'dashboard-web'), [], {
      ...this.shared,
      PORT: String(this.#dashboard),
      BIND_ADDRESS: '127.0.0.1',
      APP_USERNAME: USERNAME,
      APP_PASSWORD: PASSWORD,
      ...variables,
    });
    const [, url] = await dashboard.prints(/listening on (http:\/\/[\w.:]+)/);
    return url;
  }

  /** A worker for it, with these variables besides. */
  async startWorker(name = 'worker.1', variables = {}) {
    const worker = this.#add(`${this.pattern}-worker`, join(this.binaries, `${this.pattern}-worker`), [], {
      ...this.shared,
      WORKER_NAME: name,
      WORKER_CONCURRENCY: '2',
      ...variables,
    });
    this.#workers.set(name, worker);
    await worker.prints(/worker ready/);
  }

  /** Starts a job of org-job over all Opportunities with this name or the sample ones; its id. */
  async executeBatch(soqlWhereClause = "Name LIKE 'Sample Opportunity%'") {
    const [org] = await this.org('GET', '/orgs');
    const [{ id: userId, username, accessToken }] = org.users;
    const context = {
      requestId: 'browser',
      accessToken,
      apiVersion: '62.0',
      namespace: '',
      orgId: org.id,
      orgDomainUrl: org.instanceUrl,
      userContext: { userId, username },
    };
    const answer = await fetch(`${this.url}/api/executebatch`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-client-context': Buffer.from(JSON.stringify(context)).toString('base64'),
      },
      body: JSON.stringify({ soqlWhereClause }),
    });
    const text = await answer.text();
    if (answer.status !== 202) throw new Error(`executebatch answered ${answer.status}: ${text}`);
    return JSON.parse(text).jobId;
  }

  /** Stops Redis, for good. */
  async stopRedis() {
    await this.#redis.stop();
  }

  /** Stops a worker, which gives back what it does. */
  async stopWorker(name = 'worker.1') {
    await this.#workers.get(name).stop();
  }

  /** Kills a worker, which has no time for that. */
  async killWorker(name = 'worker.1') {
    await this.#workers.get(name).kill();
  }

  #add(...args) {
    const started = new Process(...args);
    this.#processes.push(started);
    return started;
  }

  /** A call of local-org's control API. */
  async org(method, path, body) {
    const answer = await fetch(`${this.orgUrl}/local${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`local-org answered ${answer.status} to ${method} ${path}: ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  }

  /** A call of an org's own REST API, as its administrator. */
  async rest(org, method, path, body, type = 'application/json') {
    this.tokens ??= new Map((await this.org('GET', '/orgs')).map(({ name, users }) => [name, users[0].accessToken]));
    const answer = await fetch(`${this.orgUrl}/services/data/v62.0${path}`, {
      method,
      headers: { authorization: `Bearer ${this.tokens.get(org)}`, 'content-type': type },
      body: typeof body === 'object' ? JSON.stringify(body) : body,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${org} answered ${answer.status} to ${method} ${path}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  /** Accounts of an org for which a condition holds. */
  async accounts(org, condition = 'Id != null') {
    const query = new URLSearchParams({ q: `SELECT Name FROM Account WHERE ${condition} ORDER BY Id` });
    return (await this.org('GET', `/orgs/${org}/query?${query}`)).records;
  }

  /** What each row read or written costs, in microseconds: a load that can be watched. */
  async slowness(row_us) {
    await this.org('PUT', '/costs', { callMs: 0, rowUs: row_us });
  }

  /** Refuses Accounts with the name of another one, or no longer. */
  async refuseDuplicates(org, refused) {
    const duplicateRules = refused ? [{ object: 'Account', field: 'Name' }] : [];
    await this.org('PUT', `/orgs/${org}/settings`, { duplicateRules });
  }

  async stop() {
    for (const started of this.#processes.reverse()) await started.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
