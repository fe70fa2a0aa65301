// What a project's own files say of how it is made ready and tested. Looks at files, starts nothing.

import fs from 'node:fs';
import path from 'node:path';

export interface ProjectTools {
  /** What a fresh checkout lacks, and the command that brings it. */
  setup?: {command: string; lockFile: string; makes: string};
  /** The command that its own files call its tests. */
  test?: string;
}

interface Installer {
  lockFile: string;
  command: string;
  makes: string;
  /** Runs the test script of package.json. */
  test?: string;
}

const INSTALLERS: readonly Installer[] = [
  {lockFile: 'pnpm-lock.yaml', command: 'pnpm install --frozen-lockfile', makes: 'node_modules', test: 'pnpm test'},
  {lockFile: 'yarn.lock', command: 'yarn install --immutable', makes: 'node_modules', test: 'yarn test'},
  {lockFile: 'bun.lock', command: 'bun install --frozen-lockfile', makes: 'node_modules', test: 'bun run test'},
  {lockFile: 'bun.lockb', command: 'bun install --frozen-lockfile', makes: 'node_modules', test: 'bun run test'},
  {lockFile: 'package-lock.json', command: 'npm ci', makes: 'node_modules', test: 'npm test'},
  {lockFile: 'npm-shrinkwrap.json', command: 'npm ci', makes: 'node_modules', test: 'npm test'},
  {lockFile: 'uv.lock', command: 'uv sync --frozen', makes: '.venv'},
  {lockFile: 'poetry.lock', command: 'poetry install', makes: 'virtual environment'},
  {lockFile: 'Pipfile.lock', command: 'pipenv sync --dev', makes: 'virtual environment'},
  {lockFile: 'Cargo.lock', command: 'cargo fetch --locked', makes: 'fetched crates'},
  {lockFile: 'go.sum', command: 'go mod download', makes: 'downloaded modules'},
  {lockFile: 'Gemfile.lock', command: 'bundle install', makes: 'installed gems'},
  {lockFile: 'composer.lock', command: 'composer install', makes: 'vendor'},
];

/** What the files in the folder of a project say; empty where they say nothing. */
export function readProjectTools(folder: string): ProjectTools {
  const installer = INSTALLERS.find(({lockFile}) => fs.existsSync(path.join(folder, lockFile)));
  const test = testOf(folder, installer);
  return {...(installer && {setup: setupOf(folder, installer)}), ...(test !== undefined && {test})};
}

function setupOf(folder: string, {lockFile, command, makes}: Installer): NonNullable<ProjectTools['setup']> {
  // The first generation of yarn has another word for it.
  const isOldYarn = lockFile === 'yarn.lock' && /^# yarn lockfile v1$/m.test(textOf(path.join(folder, lockFile)));
  return {command: isOldYarn ? 'yarn install --frozen-lockfile' : command, lockFile, makes};
}

function testOf(folder: string, installer: Installer | undefined): string | undefined {
  const text = (name: string) => textOf(path.join(folder, name));
  if (hasTestScript(text('package.json'))) return installer?.test ?? 'npm test';
  if (text('Cargo.toml') !== '') return 'cargo test';
  if (text('go.mod') !== '') return 'go test ./...';
  if (/pytest/.test(`${text('pyproject.toml')}${text('pytest.ini')}${text('Pipfile')}`))
    return `${PYTHON_RUNNERS[installer?.lockFile ?? ''] ?? ''}pytest`;
  return /^test:/m.test(text('Makefile')) ? 'make test' : undefined;
}

const PYTHON_RUNNERS: Readonly<Record<string, string>> = {
  'uv.lock': 'uv run ',
  'poetry.lock': 'poetry run ',
  'Pipfile.lock': 'pipenv run ',
};

/** Other than the one that npm writes into every new package, which always fails. */
function hasTestScript(packageJson: string): boolean {
  try {
    const script: unknown = JSON.parse(packageJson).scripts?.test;
    return typeof script === 'string' && !script.includes('no test specified');
  } catch {
    return false;
  }
}

/** Empty where there is no file that can be read. */
function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
