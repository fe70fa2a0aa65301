// What is published is packed, installed elsewhere and used there.

import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const {version} = readJson(path.join(PROJECT, 'package.json'));

let rig: MilestoneRig;
let packed: {filename: string; files: Array<{path: string; mode: number}>};

beforeAll(async () => {
  rig = await MilestoneRig.create({git: false});
  // Without scripts: the tests have built already, and others of them run on what was built.
  [packed] = JSON.parse(npm(PROJECT, 'pack', '--json', '--ignore-scripts', '--pack-destination', rig.root));
  layInDependencies(rig.folder);
  rig.write('package.json', '{"private": true}');
  npm(rig.folder, 'install', '--offline', '--no-audit', '--no-fund', path.join(rig.root, packed.filename));
});

afterAll(() => rig[Symbol.asyncDispose]());

test('the package holds the program, the example and the papers, and nothing else', () => {
  const files = packed.files.map(file => file.path);
  const outside = files.filter(
    name =>
      !/^(bin\/milestone\.js$|dist\/[\w-]+\.cjs$|dist\/browser-\w+\.js$|dist\/THIRD-PARTY-LICENSES\.txt$|\.milestones\.example\/.+\.yaml$)/.test(
        name,
      ),
  );
  expect(outside.toSorted()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bin/package.json',
    'docs/agents.md',
    'docs/architecture.md',
    'docs/milestone-web-approval.png',
    'docs/milestone-web-task.png',
    'docs/milestone-web.png',
    'docs/promises.md',
    'docs/reference.md',
    'docs/web.md',
    'docs/workers.md',
    'docs/workers/compose.yaml',
    'docs/workers/milestone-worker.service',
    'docs/workflow.md',
    'package.json',
  ]);
  expect(files).toContain('dist/milestone.cjs');
  expect(files).toContain('.milestones.example/active/hello-site.yaml');
});

test('the installed command tells its version', async () => {
  expect(await rig.start(installed(), '--version')).toMatchObject({exitCode: 0, stdout: `${version}\n`, stderr: ''});
});

test('the installed command executes its demo', async () => {
  const {exitCode, stdout, stderr} = await rig.start(installed(), 'demo');
  expect(exitCode, stdout + stderr).toBe(0);
  expect(rig.processesLeft()).toEqual([]);
});

function installed(): string {
  return rig.path('node_modules/.bin/milestone');
}

/** The libraries as they are installed here, with their commands, so that npm finds all in place and needs no network. */
function layInDependencies(folder: string): void {
  const {packages} = readJson(path.join(PROJECT, 'package-lock.json'));
  const commands = path.join(folder, 'node_modules/.bin');
  fs.mkdirSync(commands, {recursive: true});
  for (const [name, entry] of Object.entries<{dev?: boolean; bin?: Record<string, string>}>(packages)) {
    if (name === '' || entry.dev) continue;
    fs.cpSync(path.join(PROJECT, name), path.join(folder, name), {recursive: true});
    for (const [command, file] of Object.entries(entry.bin ?? {})) {
      fs.symlinkSync(path.relative(commands, path.join(folder, name, file)), path.join(commands, command));
    }
  }
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
    env: {...rig.env, npm_config_update_notifier: 'false'},
  });
}

// biome-ignore lint/suspicious/noExplicitAny: files of npm's
function readJson(file: string): any {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}
