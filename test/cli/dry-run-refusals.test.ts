// What a start refuses, a dry run refuses: in the same words, with the same exit code.

import {expect, test} from 'vitest';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const ID = 'release';
const ANYWHERE = {id: 'a', run: 'true', where: 'any'};
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is filled in by the program
const CONFIG = 'workers: {connect: "${MILESTONE_WORKERS_URL}"}\n';

/** What a dry run and then a start say of the same plan. */
async function bothOf(rig: MilestoneRig) {
  const dry = await rig.milestone('execute', ID, '--dry-run', '--json');
  const real = await rig.milestone('execute', ID, '--json');
  const {error} = real.jsonLines().at(-1) as {error: {code: string; message: string; hint: string}};
  return {dry: {exitCode: dry.exitCode, ...dry.json()}, real: {exitCode: real.exitCode, error}};
}

test.concurrent('what a plan asks of workers and cannot have', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const cases: Array<[string, object, string]> = [
    ['', ANYWHERE, 'task `a` is for a worker (`where`), and config.yaml names none'],
    [CONFIG, ANYWHERE, 'task `a` cannot go to a worker: what workers do comes home as commits'],
  ];
  for (const [config, task, message] of cases) {
    rig.write('.milestones/config.yaml', config);
    await rig.writeMilestone(ID, [task as typeof ANYWHERE]);
    const {dry, real} = await bothOf(rig);
    expect(dry).toMatchObject({exitCode: 3, ok: false, error: {code: 'NO_WORKERS'}});
    expect(dry.error.message).toContain(message);
    expect(dry.will_stop[0]).toMatchObject({kind: 'refused', text: `it cannot begin: ${dry.error.message}`});
    expect(real).toEqual({exitCode: 3, error: dry.error});
  }
});

test.concurrent('a machine that cannot have workers, said at the end of it, too', async () => {
  await using rig = await MilestoneRig.create();
  rig.write('.milestones/config.yaml', CONFIG);
  await rig.writeMilestone(ID, [ANYWHERE, {id: 'b', run: 'true', where: 'here'}]);
  const {dry, real} = await bothOf(rig);
  expect(dry.error.message).toBe("the address of the workers' database needs the variable `MILESTONE_WORKERS_URL`");
  expect(real).toEqual({exitCode: 3, error: dry.error});
  const said = `it cannot begin: ${dry.error.message}`;
  const text = await rig.milestone('execute', ID, '--dry-run');
  expect(text.exitCode).toBe(3);
  expect(text.stdout.replace(/\n +/g, ' ')).toContain(`will stop for you ${said}`);
  const md = await rig.milestone('execute', ID, '--dry-run', '--format', 'md');
  expect(md.stdout).toContain(`\n## Will stop for you\n\n- ${said}\n- for workers,`);
  expect(dry.will_stop[1]).toMatchObject({kind: 'workers', tasks: ['a']});
});

test.concurrent('a plan that asks for no workers needs none, whatever config.yaml says of them', async () => {
  await using rig = await MilestoneRig.create({git: false});
  rig.write('.milestones/config.yaml', CONFIG);
  await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
  expect(await rig.milestone('execute', ID, '--dry-run')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('will stop for you: nothing'),
  });
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
});

test.concurrent('an edit of a started plan that cannot have what it asks for stays out', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
  await rig.milestone('activate', ID);
  await rig.writeMilestone(ID, [ANYWHERE]);
  const dry = (await rig.milestone('execute', ID, '--dry-run', '--json')).json();
  const problem = 'task `a` is for a worker (`where`), and config.yaml names none';
  expect(dry).toMatchObject({
    ok: true,
    plan: {waves: [['a']]},
    problems: [{severity: 'error', code: 'NO_WORKERS', message: problem}],
    will_stop: [{kind: 'plan_refused', text: `the plan on disk is not valid: ${problem}`}],
  });
  const ended = await rig.milestone('execute', ID);
  expect(ended).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining(`the plan on disk is not valid: ${problem}`),
  });
  const {exitCode, error} = (await bothOf(rig)).dry;
  expect({exitCode, code: error.code}).toEqual({exitCode: 3, code: 'WRONG_STATUS'});
  const left = (await rig.milestone('resume', ID, '--plan', '--json')).json();
  expect(left.error).toMatchObject({code: 'STOPPED', message: `the plan on disk is not valid: ${problem}`});
});

test.concurrent('an agent that is missing, when nothing else can run; a resume finds it when it is there', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone(ID, [
    {id: 'a', driver: 'codex'},
    {id: 'b', run: 'true', dependencies: ['a']},
  ]);
  const {dry, real} = await bothOf(rig);
  expect(dry).toMatchObject({exitCode: 4, error: {message: expect.stringContaining('`codex`')}});
  expect(real).toEqual({exitCode: 4, error: dry.error});
  FakeAgents.into(rig, 'codex');
  const later = await rig.milestone('resume', ID, '--plan', '--json');
  expect(later.exitCode).toBe(0);
  expect(later.json().plan.waves).toEqual([['a'], ['b']]);
});

test.concurrent('validate warns of what no machine could do', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone(ID, [ANYWHERE]);
  const [result] = (await rig.milestone('validate', '--json')).json().results;
  expect(result.problems).toMatchObject([{severity: 'warning', code: 'NO_WORKERS', where: {line: expect.any(Number)}}]);
});
