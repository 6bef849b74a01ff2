// What .dockerignore lets through to a build must be a complete workspace: cargo refuses one with a missing member.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import dockerignore from '@balena/dockerignore';

/** The files of the build context, by Docker's own rules for .dockerignore. */
export function contextFiles(ignore, files) {
  return dockerignore({ ignorecase: false }).add(ignore).filter(files);
}

/**
 * Problems of a build from those files alone: a workspace that cargo refuses, or a source of COPY that is not there.
 * @param {{root: string, ignore: string, dockerfile: string, files: string[]}} what `files` are relative to `root`
 */
export function checkContext({ root, ignore, dockerfile, files }) {
  const kept = contextFiles(ignore, files);
  const missing = [...dockerfile.matchAll(/^COPY (?!--from)(?:--\S+ )*(.+) \S+$/gm)]
    .flatMap(([, sources]) => sources.split(' '))
    .filter((source) => source !== '.' && !kept.some((file) => file === source || file.startsWith(`${source}/`)))
    .map((source) => `Dockerfile: COPY ${source}, which .dockerignore leaves out`);
  return [...missing, ...exceptionsWithWildcards(ignore), ...refusedByCargo(root, kept)];
}

/** Docker takes them; buildah, and with it podman, lets nothing through (findings/buildah-wildcard-exceptions.sh). */
function exceptionsWithWildcards(ignore) {
  return ignore
    .split('\n')
    .filter((line) => /^!.*[*?[]/.test(line))
    .map((line) => `.dockerignore: ${line}: buildah takes no exception with a wildcard below a folder that is left out`);
}

function refusedByCargo(root, files) {
  const copy = mkdtempSync(join(tmpdir(), 'context-'));
  try {
    for (const file of files) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      cpSync(join(root, file), join(copy, file));
    }
    execFileSync('cargo', ['metadata', '--no-deps', '--format-version', '1'], { cwd: copy, stdio: 'pipe' });
    return [];
  } catch (error) {
    if (!error.stderr) throw error;
    return [`.dockerignore: cargo refuses what it lets through: ${String(error.stderr).trim().split(copy).join('')}`];
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
