// The seven agents as a user meets them: in the log, in their files, in `status`.

import fs from 'node:fs';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {eventsOf} from './support.ts';

const ID = 'm';
const SEVEN = [
  'blocker-detector',
  'dependency-validator',
  'git-integration',
  'kiro-coordinator',
  'progress-monitor',
  'session-manager',
  'task-executor',
];

/** What the files of the agents of one session say. */
function agentFiles(rig: MilestoneRig, session: string) {
  const folder = rig.path('.milestones/sessions/agents');
  return fs
    .readdirSync(folder)
    .filter(name => name.endsWith(`-${session}.yaml`))
    .sort()
    .map(name => parse(fs.readFileSync(`${folder}/${name}`, 'utf8')).agent);
}

test.concurrent('all seven are registered, run, and are stopped at the end', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
  const execution = rig.milestone('execute', ID);
  const run = await work.nextRun();
  const session = (await rig.waitForEvent(ID, 'session_started')).session_id;
  expect((await rig.status(ID)).agents.map(({name}: {name: string}) => name).sort()).toEqual(SEVEN);
  const running = agentFiles(rig, session);
  expect(running.map(({type}) => type)).toEqual(SEVEN);
  expect(running[0]).toEqual({
    id: `blocker-detector-${session}`,
    type: 'blocker-detector',
    milestone_id: ID,
    session_id: session,
    status: 'running',
    started_at: expect.any(String),
    updated_at: expect.any(String),
  });
  await run.exit();
  expect(await execution).toMatchObject({exitCode: 0});
  const [first] = eventsOf(rig, ID, 'session_ended');
  const stopped = eventsOf(rig, ID, 'agent_stopped');
  expect(stopped.map(({details}) => details.agent).sort()).toEqual(SEVEN);
  expect(stopped.every(({seq}) => seq < (first?.seq as number))).toBe(true);
  expect(agentFiles(rig, session).map(({status}) => status)).toEqual(SEVEN.map(() => 'stopped'));
});

test.concurrent('after a crash none is shown as alive', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone(ID, [{id: 'a', run: work.shell}]);
  const execution = rig.milestone('execute', ID);
  await work.nextRun();
  const session = (await rig.waitForEvent(ID, 'session_started')).session_id;
  await rig.waitForEvent(ID, 'task_working');
  execution.kill('SIGKILL');
  await execution;
  const {agents} = await rig.status(ID);
  expect(agents).toHaveLength(7);
  expect(agents.filter(({status}: {status: string}) => status === 'running')).toEqual([]);
  // Their files are put right by the next command that works on the milestone.
  expect(await rig.milestone('pause', ID)).toMatchObject({exitCode: 0});
  expect(agentFiles(rig, session).map(({status}) => status)).toEqual(SEVEN.map(() => 'died'));
  const resumed = rig.milestone('resume', ID);
  await work.nextRun();
  expect((await rig.status(ID)).agents.map(({status}: {status: string}) => status)).toEqual(SEVEN.map(() => 'running'));
  resumed.kill('SIGKILL');
  await resumed;
  const sessions = () => eventsOf(rig, ID, 'session_started').map(({session_id}) => session_id);
  const third = rig.milestone('resume', ID);
  await (await work.nextRun()).exit();
  expect(await third).toMatchObject({exitCode: 0});
  expect(sessions().map(one => agentFiles(rig, one)[0].status)).toEqual(['died', 'died', 'stopped']);
});
