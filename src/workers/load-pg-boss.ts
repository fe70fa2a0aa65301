import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import {commandLine} from '../platform/processes/typed-command.ts';

export type PgBossLibrary = typeof import('pg-boss');

/** Of pg-boss; earlier ones cannot tell a delivery from the next one of the same job. */
const WANTED = {major: 12, minor: 38};
const INSTALL = 'npm install pg-boss@~12.38';

/**
 * Load the engine, which is installed beside milestone by those who want workers.
 * @throws {MilestoneError} `NO_WORKERS` as `requirePgBoss`.
 */
export async function loadPgBoss(): Promise<PgBossLibrary> {
  requirePgBoss();
  return import('pg-boss');
}

/**
 * Make sure that the engine is there, without loading it.
 * @throws {MilestoneError} `NO_WORKERS` when it is missing, is not the version that is needed, or cannot run on this Node.
 */
export function requirePgBoss(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 12))
    throw new MilestoneError('NO_WORKERS', `workers need Node 22.12 or later, this is Node ${process.versions.node}`, {
      hint: commandLine(['npx', '-y', '-p', 'node@22', 'node', ...process.argv.slice(1)]),
    });
  const version = installedVersion();
  if (version === undefined)
    throw new MilestoneError('NO_WORKERS', 'workers need the package `pg-boss`, which is not installed', {
      hint: `${INSTALL} (beside milestone)`,
    });
  const [itsMajor = 0, itsMinor = 0] = version.split('.').map(Number);
  if (itsMajor !== WANTED.major || itsMinor < WANTED.minor)
    throw new MilestoneError('NO_WORKERS', `workers need pg-boss 12.38 or a later 12, found ${version}`, {
      hint: `${INSTALL} (beside milestone; npm on Node 20 takes an older one without a word)`,
    });
}

function installedVersion(): string | undefined {
  const require = createRequire(import.meta.url);
  const folders = require.resolve.paths('pg-boss') ?? [];
  const file = folders.map(folder => path.join(folder, 'pg-boss', 'package.json')).find(name => fs.existsSync(name));
  return file === undefined ? undefined : (JSON.parse(fs.readFileSync(file, 'utf8')) as {version: string}).version;
}
