// What `validate` says to programs that show findings, and of what alone it is asked.

import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const BAD = 'id: bad\ntitle: Bad\ntasks:\n  - {id: a, title: a, run: "true", dependencies: [zz]}\n';
const ODD = 'id: odd\ntitle: Odd\ncolour: red\ntasks:\n  - {id: a, title: a, run: "true"}\n';

async function badRig(): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create();
  await rig.writeMilestone('bad', BAD);
  await rig.writeMilestone('good', [{id: 'a', run: 'true'}]);
  await rig.writeMilestone('odd', ODD);
  return rig;
}

test.concurrent('as annotations of a pull request, with the place in the repository', async () => {
  await using rig = await badRig();
  const {stdout, exitCode} = await rig.milestone('validate', '--format', 'github', {cwd: '.milestones/active'});
  expect(exitCode).toBe(2);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^::error file=\.milestones\/active\/bad\.yaml,line=4,col=\d+,title=\w+::.*`zz`/);
  expect(lines[1]).toMatch(
    /^::warning file=\.milestones\/active\/odd\.yaml,line=3,col=\d+,title=UNKNOWN_KEY::.*`colour`/,
  );
  expect(await rig.milestone('validate', 'good', '--format', 'github')).toMatchObject({exitCode: 0, stdout: ''});
});

test.concurrent('what a plan says begins no command of its own, and obeys nothing', async () => {
  await using rig = await MilestoneRig.create();
  const text = `id: m\ntitle: M\n"x%0A::set-env name=A::b\\n::error::mine\\e[31m": 1\ntasks:\n  - {id: a, title: a, run: "true"}\n`;
  await rig.writeMilestone('m', text);
  const {stdout} = await rig.milestone('validate', '--format', 'github', '--strict');
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(stdout).toContain('x%250A');
  expect(stdout).not.toContain('\u001b');
  for (const format of ['junit', 'sarif'])
    expect((await rig.milestone('validate', '--format', format)).stdout).not.toContain('\u001b');
});

test.concurrent('as JUnit XML, a case for each file', async () => {
  await using rig = await badRig();
  const {stdout, exitCode} = await rig.milestone('validate', '--format', 'junit');
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="milestone validate" tests="3" failures="1"/,
  );
  expect(stdout).toMatch(
    /<testcase name="\.milestones\/active\/bad\.yaml" [^>]*>\n {6}<failure message="[^"]*`zz`[^"]*" type="\w+">4:\d+: error: /,
  );
  expect(stdout).toMatch(/odd\.yaml"[^>]*>\n {6}<system-out>3:1: warning: /);
});

test.concurrent('as SARIF, with rules and places', async () => {
  await using rig = await badRig();
  const ended = await rig.milestone('validate', '--format', 'sarif', '--strict');
  expect(ended.exitCode).toBe(2);
  const {version, runs} = ended.json();
  expect(version).toBe('2.1.0');
  expect(runs).toHaveLength(1);
  const [{tool, results}] = runs;
  expect(tool.driver).toMatchObject({name: 'milestone', version: expect.stringMatching(/^\d/)});
  expect(results).toMatchObject([
    {
      level: 'error',
      locations: [{physicalLocation: {artifactLocation: {uri: '.milestones/active/bad.yaml'}, region: {startLine: 4}}}],
    },
    {ruleId: 'UNKNOWN_KEY', level: 'error', message: {text: expect.stringContaining('`colour`')}},
  ]);
  for (const {ruleId, ruleIndex} of results) expect(tool.driver.rules[ruleIndex]).toEqual({id: ruleId});
});

test.concurrent('only what a branch changes, committed or not; all of it when config.yaml has changed', async () => {
  await using rig = await badRig();
  rig.commit('Plan');
  rig.git('switch', '-q', '-c', 'feature');
  const files = async (...flags: string[]) =>
    (await rig.milestone('validate', '--json', '--changed', 'main', ...flags))
      .json()
      .results.map(({id, file}: {id: string; file: string}) => id ?? file.split('/').at(-1));
  expect(await files()).toEqual([]);
  expect(await rig.milestone('validate', '--changed', 'main')).toMatchObject({exitCode: 0});
  await rig.writeMilestone('new', [{id: 'a', run: 'true'}]);
  expect(await files()).toEqual(['new']);
  rig.write('.milestones/active/good.yaml', `${rig.read('.milestones/active/good.yaml')}description: More\n`);
  rig.commit('Change');
  expect(await files()).toEqual(['good', 'new']);
  expect(await files('good', 'odd')).toEqual(['good']);
  // What main has got since is not this branch's.
  rig.git('switch', '-q', 'main');
  await rig.writeMilestone('odd', ODD.replace('red', 'blue'));
  rig.commit('Elsewhere');
  rig.git('switch', '-q', 'feature');
  expect(await files()).toEqual(['good', 'new']);
  rig.write('.milestones/config.yaml', 'settings: {retries: 1}\n');
  expect(await files()).toEqual(['config.yaml', 'bad', 'good', 'new', 'odd']);
  expect(await rig.milestone('validate', '--changed', 'nowhere')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('`nowhere` names no commit'),
  });
});

test.concurrent('to compare starts nothing that the repository or its settings name', async () => {
  await using rig = await badRig();
  rig.commit('Plan');
  const canary = rig.path('../canary');
  rig.write('.gitattributes', '* filter=evil diff=evil\n');
  for (const key of [
    'filter.evil.clean',
    'filter.evil.process',
    'diff.evil.command',
    'diff.evil.textconv',
    'core.fsmonitor',
  ])
    rig.git('config', key, `touch ${canary}; cat`);
  rig.write('.milestones/active/good.yaml', `${rig.read('.milestones/active/good.yaml')}description: More\n`);
  expect((await rig.milestone('validate', '--json', '--changed', 'main')).json().results).toMatchObject([{id: 'good'}]);
  expect(rig.exists('../canary')).toBe(false);
});
