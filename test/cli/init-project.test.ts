// `milestone init` in a project: what its own files say goes into config.yaml.

import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf} from './support.ts';

const NPM = {'package-lock.json': '{}', 'package.json': '{"scripts": {"test": "node --test"}}'};

test.concurrent.each([
  ['npm', NPM, 'npm ci', 'package-lock.json', 'npm test'],
  ['pnpm', {...NPM, 'pnpm-lock.yaml': ''}, 'pnpm install --frozen-lockfile', 'pnpm-lock.yaml', 'pnpm test'],
  ['yarn', {'yarn.lock': '# yarn lockfile v1\n'}, 'yarn install --frozen-lockfile', 'yarn.lock', undefined],
  ['yarn of today', {'yarn.lock': '__metadata:\n'}, 'yarn install --immutable', 'yarn.lock', undefined],
  [
    'bun',
    {'bun.lock': '', 'package.json': NPM['package.json']},
    'bun install --frozen-lockfile',
    'bun.lock',
    'bun run test',
  ],
  [
    'poetry',
    {'poetry.lock': '', 'pyproject.toml': '[tool.pytest.ini_options]\n'},
    'poetry install',
    'poetry.lock',
    'poetry run pytest',
  ],
  ['uv', {'uv.lock': '', 'pyproject.toml': 'dev = ["pytest"]\n'}, 'uv sync --frozen', 'uv.lock', 'uv run pytest'],
  ['cargo', {'Cargo.lock': '', 'Cargo.toml': '[package]\n'}, 'cargo fetch --locked', 'Cargo.lock', 'cargo test'],
  ['go', {'go.sum': '', 'go.mod': 'module x\n'}, 'go mod download', 'go.sum', 'go test ./...'],
] as const)('%s: the lock file and the tests are found', async (_, files, setup, lockFile, verify) => {
  await using rig = await MilestoneRig.create({files: {...files}});
  const {exitCode, stdout} = await rig.milestone('init');
  expect(exitCode).toBe(0);
  expect(parse(rig.read('.milestones/config.yaml'))).toEqual({
    settings: {workspace: {setup, setup_when: [lockFile]}},
  });
  expect(stdout).toContain(`each working folder is made ready by \`${setup}\``);
  expect(rig.read('.milestones/config.yaml')).toMatch(
    verify === undefined ? /# verify: npm test/ : `# verify: ${verify} `,
  );
  expect((await rig.milestone('validate', '--json')).json()).toMatchObject({ok: true});
});

test.concurrent('agents on the PATH are named; the test script that npm writes is none', async () => {
  await using rig = await MilestoneRig.create({
    files: {'package.json': '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'},
  });
  FakeAgents.into(rig, 'codex');
  const {stdout} = await rig.milestone('init');
  expect(stdout).toContain('agents: codex');
  expect(stdout).not.toContain('verify');
  expect(rig.read('.milestones/config.yaml')).toContain('# driver: codex');
});

test.concurrent('a baseline that is red for want of a setup names it', async () => {
  await using rig = await MilestoneRig.create({files: {...NPM, '.gitignore': 'node_modules/\n'}});
  const agents = FakeAgents.into(rig, 'claude');
  rig.write('node_modules/tool', '');
  await rig.writeMilestone('m', [{id: 'a'}], {settings: {verify: 'test -e node_modules/tool', verify_retries: 0}});
  const {exitCode, stderr} = await rig.milestone('execute', 'm');
  expect(exitCode).toBe(4);
  const setup = 'workspace: {setup: npm ci, setup_when: [package-lock.json]}';
  expect(stderr).toContain(`a fresh folder has no node_modules: put \`${setup}\` under \`settings\``);
  expect(agents.runs('claude')).toHaveLength(0);
  expect(eventsOf(rig, 'm', 'blocker_detected')).toMatchObject([{details: {type: 'baseline_red'}}]);
});
