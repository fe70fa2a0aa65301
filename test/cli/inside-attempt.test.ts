// What an attempt starts decides nothing, however it hides where it comes from; and what nobody has said is no decision.

import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {ownIdentity} from '../../src/platform/processes/identity.ts';
import {MILESTONE, MilestoneRig} from '../rig/milestone-rig.ts';
import {answers} from './answers.ts';
import {eventsOf} from './support.ts';

/** A task with a design that waits for approval, and one that a person does. */
const WAITING = [
  {
    id: 'login',
    kiro_workflow: {
      enabled: true,
      phases: {design: {run: 'echo design > $MILESTONE_DELIVERABLES/design.md', deliverables: ['design.md']}},
    },
  },
  {id: 'by-hand', driver: 'manual'},
];

async function waitingRig(...more: Array<{id: string; [key: string]: unknown}>): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [...WAITING, ...more]);
  return rig;
}

test.concurrent('without a terminal nobody decides who does not say so', async () => {
  await using rig = await waitingRig();
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  const before = rig.events('m').length;
  for (const words of [
    ['approve', 'login', '--json'],
    ['reject', 'login', '-m', 'no'],
    ['skip', 'by-hand'],
    ['answer', 'by-hand', 'yes'],
  ]) {
    const ended = await rig.milestone(...words);
    expect(ended, words.join(' ')).toMatchObject({exitCode: 2});
    expect(ended.stderr + ended.stdout).toContain('--yes');
  }
  expect(rig.events('m')).toHaveLength(before);
  expect(await rig.milestone('approve', 'login', '-y')).toMatchObject({exitCode: 0});
  expect(await rig.milestone('skip', 'by-hand', '--yes')).toMatchObject({exitCode: 0});
});

/** Ways to hide from a command that one's processes descend from an attempt; `$1` is what is to be run. */
const DISGUISES = {
  'without its token': 'env -u MILESTONE_RUN sh -c "$1"',
  'as another program with nothing in its environment': 'exec env -i PATH="$PATH" HOME="$HOME" sh -c "$1"',
  'by a process that lost its parent, in a session without a token': `exec env -i PATH="$PATH" HOME="$HOME" sh -c '
    sh -c "($1) & exit"; while [ ! -e "$2" ]; do sleep 0.1; done
  ' sh "$1" "$2"`,
  'in a session of its own, whose first process has the token': `node -e '
    const {spawn} = require("child_process");
    spawn("sh", ["-c", "env -u MILESTONE_RUN sh -c \\"$1\\"; exit", "sh", process.argv[1]], {detached: true}).unref();
  ' "$1"; while [ ! -e "$2" ]; do sleep 0.1; done`,
};

/** One asks for all the others: each command that decides asks the same question before it does anything. */
const DECIDING = {
  one: ['approve login design --yes'],
  all: [
    'approve login design --yes',
    'reject login design -m x --yes',
    'skip by-hand --yes',
    'answer by-hand x --yes',
    'retry',
    'redo by-hand',
    'pause',
    'cancel',
    'execute m',
    'resume m',
    'task done by-hand',
  ],
};

test.concurrent.each(Object.entries(DISGUISES))('nothing that an attempt starts decides, %s', async (how, disguise) => {
  const rig = await waitingRig({id: 'agent', retries: 0, run: 'sh "$AGENT"'});
  await using _rig = rig;
  const said = path.join(rig.root, 'said');
  const script = path.join(rig.root, 'agent.sh');
  const command = `node ${MILESTONE}`;
  const call = (words: string) => `${command} ${words} >> ${said}.part 2>&1; echo exit $? >> ${said}.part`;
  const deciding = DECIDING[how === 'without its token' ? 'all' : 'one'];
  const lines = [...deciding, 'status m --json > /dev/null'].map(call);
  fs.writeFileSync(`${script}.calls`, ['cd "$1" || exit 1', ...lines, `mv ${said}.part ${said}`].join('\n'));
  fs.writeFileSync(script, `set -- 'sh ${script}.calls ${rig.folder}' ${said}\n${disguise}\n`);
  expect(await rig.milestone('execute', {env: {AGENT: script}})).toMatchObject({exitCode: 6});
  const exits = fs.readFileSync(said, 'utf8').match(/^exit \d+$/gm);
  expect(exits, fs.readFileSync(said, 'utf8')).toEqual([...deciding.map(() => 'exit 3'), 'exit 0']);
  expect(fs.readFileSync(said, 'utf8').match(/is not for use inside an attempt/g)).toHaveLength(deciding.length);
  expect(answers(rig.events('m'))).toEqual([]);
  expect(eventsOf(rig, 'm', 'kiro_approval_granted')).toEqual([]);
});

test.concurrent('in a slot nothing is decided either, but looked at', async () => {
  const rig = await waitingRig();
  await using _rig = rig;
  const held = await rig.command('held');
  await rig.writeMilestone('m', [...WAITING, {id: 'held', run: held.shell}]);
  const execution = rig.milestone('execute');
  const run = await held.nextRun();
  expect(await rig.milestone('skip', 'by-hand', '--yes', {cwd: run.cwd})).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('in a terminal of your own'),
  });
  expect(await rig.milestone('status', {cwd: run.cwd})).toMatchObject({exitCode: 0});
  await run.exit(0);
  expect(await execution).toMatchObject({exitCode: 6});
});

test.concurrent('the executor judges who has put a decision into the inbox', async () => {
  await using rig = await waitingRig();
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  const gone = {...ownIdentity(), process_started: '1'};
  const forged = (number: number, sender?: object) => {
    const request_id = `00000000-0000-4000-8000-00000000000${number}`;
    const requested_at = `2026-11-23T10:00:0${number}.000Z`;
    const request = {kind: 'approve', task_id: 'login', deliverables: [], request_id, requested_at, sender};
    rig.write(`.milestones/inbox/m/20261123T10000${number}000Z-${request_id}.json`, JSON.stringify(request));
  };
  forged(1);
  forged(2, gone);
  expect(await rig.milestone('resume')).toMatchObject({exitCode: 6});
  expect(eventsOf(rig, 'm', 'request_rejected').map(({details}) => details.reason)).toEqual([
    'it does not say who sent it',
    'whoever sent it was gone before it was answered',
  ]);
  expect(eventsOf(rig, 'm', 'kiro_approval_granted')).toEqual([]);
});

test.concurrent('the executor takes no request from a process of an attempt, whoever wrote it', async () => {
  const rig = await waitingRig({
    id: 'agent',
    retries: 0,
    run: 'node "$AGENT" $$; while ls "$HOME_INBOX" | grep -q 00000001; do sleep 0.1; done',
  });
  await using _rig = rig;
  const inbox = rig.path('.milestones/inbox/m');
  const script = path.join(rig.root, 'agent.cjs');
  const {process_started: _started, pid: _pid, ...here} = ownIdentity();
  fs.writeFileSync(
    script,
    `const fs = require('fs');
    const pid = Number(process.argv[2]);
    const stat = fs.existsSync('/proc/self/stat') ? fs.readFileSync('/proc/' + pid + '/stat', 'latin1') : undefined;
    const started = stat && stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const request_id = '00000000-0000-4000-8000-000000000001', requested_at = '2026-11-23T10:00:01.000Z';
    const sender = {...${JSON.stringify(here)}, pid, process_started: started || null};
    const request = {kind: 'pause', now: true, request_id, requested_at, sender};
    fs.mkdirSync(process.env.HOME_INBOX, {recursive: true});
    const file = process.env.HOME_INBOX + '/20261123T100001000Z-' + request_id + '.json';
    fs.writeFileSync(file + '.tmp', JSON.stringify(request));
    fs.renameSync(file + '.tmp', file);`,
  );
  const ended = await rig.milestone('execute', {env: {AGENT: script, HOME_INBOX: inbox}});
  expect(ended).toMatchObject({exitCode: 6});
  expect(eventsOf(rig, 'm', 'request_rejected').map(({details}) => details.reason)).toEqual([
    'it was sent from inside an attempt, and decisions are for people',
  ]);
});
