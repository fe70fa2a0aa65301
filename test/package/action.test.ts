// What CI does with a stranger's pull request: it looks, and runs nothing of it.

import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const {inputs, runs} = parse(fs.readFileSync(path.join(ROOT, 'action.yml'), 'utf8'));

/** The last step, as a runner would start it; the first one builds what is built here already. */
function start(rig: MilestoneRig, given: Record<string, string> = {}) {
  const {run, env, shell} = runs.steps.at(-1);
  const values = Object.fromEntries(
    Object.entries(env as Record<string, string>).map(([name, value]) => {
      const input = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)?.[1] ?? '';
      return [name, given[input] ?? inputs[input].default];
    }),
  );
  const script = path.join(rig.root, 'step.sh');
  fs.writeFileSync(script, run);
  const own = {GITHUB_ACTION_PATH: ROOT, GITHUB_STEP_SUMMARY: path.join(rig.root, 'summary.md')};
  return rig.start(shell, '--noprofile', '--norc', '-eo', 'pipefail', script, {env: {...values, ...own}});
}

test('annotations for what is wrong, a summary of what would run, and no canary is touched', async () => {
  await using rig = await MilestoneRig.create();
  const canary = `touch ${path.join(rig.root, 'canary')}`;
  rig.write(
    '.milestones/config.yaml',
    `drivers: {evil: {command: '${canary}'}}\nsettings: {workspace: {setup: '${canary}'}, notify: [{command: '${canary}'}]}\n`,
  );
  await rig.writeMilestone(
    'good',
    [
      {id: 'a', title: 'Build <it>', run: canary, verify: canary},
      {id: 'b', driver: 'evil'},
    ],
    {
      settings: {verify: canary, verify_final: canary},
    },
  );
  await rig.writeMilestone('bad', [{id: 'a', run: canary, dependencies: ['zz']}]);
  rig.write('package.json', JSON.stringify({scripts: {preinstall: canary, test: canary}}));
  rig.commit('A stranger asks');
  const {stdout, exitCode} = await start(rig);
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/^::error file=\.milestones\/active\/bad\.yaml,line=\d+,col=\d+,title=\w+::/);
  const summary = fs.readFileSync(path.join(rig.root, 'summary.md'), 'utf8');
  expect(summary).toMatch(/^# good\n/);
  expect(summary).toContain('Build \\<it\\>');
  expect(summary).toContain('## Will stop for you');
  expect(summary).not.toContain('# bad');
  expect(fs.existsSync(path.join(rig.root, 'canary'))).toBe(false);
  expect(rig.git('status', '--porcelain')).toBe('');
});

test('only of what the branch changes', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('old', [{id: 'a', run: 'true'}]);
  rig.commit('Plan');
  rig.git('switch', '-q', '-c', 'feature');
  await rig.writeMilestone('new', 'id: new\ntitle: New\ncolour: red\ntasks:\n  - {id: a, title: a, run: "true"}\n');
  rig.commit('Plan more');
  const {stdout, exitCode} = await start(rig, {changed: 'main', strict: 'true'});
  expect([exitCode, stdout.trimEnd().split('\n').length]).toEqual([2, 1]);
  expect(stdout).toContain('title=UNKNOWN_KEY');
  await rig.writeMilestone('new', [{id: 'a', run: 'true'}]);
  expect(await start(rig, {changed: 'main', strict: 'true'})).toMatchObject({exitCode: 0, stdout: ''});
  expect(fs.readFileSync(path.join(rig.root, 'summary.md'), 'utf8')).toMatch(
    /^# new\n[\s\S]*will stop for you|nothing/i,
  );
});

test('nor does anything run that git, npm or a shell would find in the repository', async () => {
  await using rig = await MilestoneRig.create();
  const canary = path.join(rig.root, 'canary');
  const program = `#!/bin/sh\ntouch '${canary}'\n`;
  const programs = ['git', 'node', 'milestone', 'node_modules/.bin/milestone', 'node_modules/.bin/node'];
  const hooks = ['pre-commit', 'post-checkout', 'post-index-change', 'fsmonitor-watchman'].map(
    name => `.githooks/${name}`,
  );
  for (const file of [...programs, ...hooks, '.milestones/prompts/task.sh']) {
    rig.write(file, program);
    fs.chmodSync(rig.path(file), 0o755);
  }
  rig.write('.npmrc', `script-shell=${rig.path('node')}\n`);
  rig.write('.gitattributes', '* filter=evil diff=evil merge=evil\n');
  rig.write('.gitconfig', `[core]\nfsmonitor = ${rig.path('node')}\n[filter "evil"]\nclean = ${rig.path('node')}\n`);
  await rig.writeMilestone('good', [{id: 'a', run: 'true'}], {
    settings: {git: {hooks: true}, workspace: {include: ['.env'], teardown: `touch '${canary}'`}},
  });
  rig.commit('A stranger asks');
  expect(await start(rig)).toMatchObject({exitCode: 0});
  expect(fs.readFileSync(path.join(rig.root, 'summary.md'), 'utf8')).toMatch(/^# good\n/);
  expect(fs.existsSync(canary)).toBe(false);
});
