// What the deployment files say about each other and about the workspace: processes that exist, one version of Rust, and
// ports that nobody else can reach. tools/structure compares their variables with what the services read.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const SCHEMA = JSON.parse(readFileSync(new URL('app-json.schema.json', import.meta.url), 'utf8'));

/** Problems of app.json by its schema. */
export function checkAppJson(app) {
  const ajv = new Ajv({ allErrors: true });
  addFormats(ajv);
  const validate = ajv.compile(SCHEMA);
  validate(app);
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const what = params.additionalProperty ?? params.propertyName ?? params.allowedValues?.join(', ');
    return `app.json${instancePath}: ${message}${what ? ` (${what})` : ''}`;
  });
}

/**
 * The processes of a Procfile by type.
 * @returns {{processes: Map<string, string>, problems: string[]}}
 */
export function parseProcfile(text) {
  const processes = new Map();
  const problems = [];
  text.split('\n').forEach((line, index) => {
    const [, type, command] = /^([A-Za-z0-9]+): (\S.*)$/.exec(line) ?? [];
    if (processes.has(type)) {
      problems.push(`Procfile:${index + 1}: ${type} stands twice`);
    } else if (type) {
      processes.set(type, command);
    } else if (line.trim()) {
      problems.push(`Procfile:${index + 1}: not of the form "type: command": ${line}`);
    }
  });
  return { processes, problems };
}

/**
 * What Procfile and app.json start must be built: `bin/start TYPE` runs the binary `${PATTERN}-TYPE`.
 * @param {Set<string>} binaries names of cargo's binary targets
 */
export function checkProcesses({ processes, app, binaries }) {
  const problems = [];
  for (const [type, command] of processes) {
    if (command !== `bin/start ${type}`) {
      problems.push(`Procfile: ${type} is not started with "bin/start ${type}": ${command}`);
    }
  }
  const pattern = app.env?.PATTERN?.value;
  for (const [type, { quantity }] of Object.entries(app.formation ?? {})) {
    if (!processes.has(type)) {
      problems.push(`app.json: formation has ${type}, which is not in the Procfile`);
    } else if (quantity > 0 && !binaries.has(`${pattern}-${type}`)) {
      problems.push(`app.json: with PATTERN=${pattern} the process ${type} needs ${pattern}-${type}, which cargo does not build`);
    }
  }
  return problems;
}

/** Problems of the resolved docker-compose file. */
export function checkCompose({ compose, binaries }) {
  const services = Object.entries(compose.services ?? {});
  return services.flatMap(([name, service]) => {
    const problems = [];
    const [binary] = service.command ?? [];
    if (service.build && !binaries.has(binary)) {
      problems.push(`${binary ?? 'nothing'} is to run, which cargo does not build`);
    }
    for (const port of service.ports ?? []) {
      const address = typeof port === 'string' ? port : `${port.host_ip}:`;
      if (!address.startsWith('127.0.0.1:')) {
        problems.push(`a port is published to the network, not on 127.0.0.1 only: ${JSON.stringify(port)}`);
      }
    }
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      if (condition === 'service_healthy' && !compose.services[other]?.healthcheck) {
        problems.push(`it waits until ${other} is healthy, which has no health check`);
      }
    }
    return problems.map((problem) => `docker-compose.yml: ${name}: ${problem}`);
  });
}

/**
 * The address of a published copy stands in app.json and in the README's button, or in neither: without it Heroku takes the page
 * that the button was clicked on, if the browser tells it.
 */
export function checkButton({ app, readme }) {
  const links = [...readme.matchAll(/https:\/\/(?:www\.)?heroku\.com\/deploy(?:\?[^)\s"]*)?/g)].map(([link]) => new URL(link));
  const templates = links.map((link) => link.searchParams.get('template')?.replace(/\/tree\/[^?]*$/, ''));
  if (links.length === 0) {
    return ['README.md: there is no button that deploys'];
  }
  return templates
    .filter((template) => template !== app.repository)
    .map((template) => `README.md: the button deploys ${template ?? 'the page that it is on'}, and repository in app.json is ${app.repository ?? 'not set'}; write the address of your copy into both`);
}

/** The version of Rust stands in three files. */
export function checkRustVersion({ toolchain, rustConfig, dockerfile }) {
  const version = /^channel = "([^"]+)"$/m.exec(toolchain)?.[1];
  const others = {
    RustConfig: /^VERSION=(\S+)$/m.exec(rustConfig)?.[1],
    'Dockerfile (FROM)': /^FROM rust:([\d.]+)-/m.exec(dockerfile)?.[1],
    'Dockerfile (RUSTUP_TOOLCHAIN)': /^ENV RUSTUP_TOOLCHAIN=(\S+)$/m.exec(dockerfile)?.[1],
  };
  return Object.entries(others)
    .filter(([, other]) => other !== version)
    .map(([file, other]) => `${file}: Rust ${other}, but rust-toolchain.toml says ${version}`);
}

/** Packages that a build leaves out must exist, or cargo stops. */
export function checkExcludes({ file, text, packages }) {
  return [...text.matchAll(/--exclude ([\w-]+)/g)]
    .filter(([, name]) => !packages.has(name))
    .map(([, name]) => `${file}: --exclude ${name}, which is not a package of the workspace`);
}

/** The image that is made without a target is the one for production, which holds no local org. */
export function checkImage({ dockerfile, compose }) {
  const stages = new Map();
  for (const [, head, body] of dockerfile.matchAll(/^FROM (.*)\n((?:(?!FROM ).*\n?)*)/gm)) {
    const [, from, name] = /^(\S+)(?: AS (\S+))?$/i.exec(head) ?? [];
    const text = body.replace(/^#.*$/gm, '');
    stages.set(name ?? from, (stages.get(from) ?? '') + text);
  }
  const [production, text] = [...stages].at(-1) ?? [];
  const problems = [];
  if (production !== 'production' || /out\/local|local-org/.test(text)) {
    problems.push('Dockerfile: the last stage must be "production", and hold no local-org');
  }
  for (const [name, { build }] of Object.entries(compose.services ?? {})) {
    if (build?.target && !stages.has(build.target)) {
      problems.push(`docker-compose.yml: ${name}: the Dockerfile has no stage ${build.target}`);
    }
  }
  return problems;
}
