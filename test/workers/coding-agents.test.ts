// What coding agents say arrives from a worker as it does here: the same scripts, carried out here and there, come to the
// same facts.

import {expect} from 'vitest';
import type {EventName} from '../../src/events/event.ts';
import {claude, codex, works} from '../rig/agent-scripts.ts';
import {FakeAgents, type Step} from '../rig/fake-agents.ts';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

const SCRIPTS: Record<'claude' | 'codex', Record<string, Step[]>> = {
  claude: {
    works: [
      claude.init,
      claude.says('I look at it.'),
      claude.calls('tool_1', 'curl example.org'),
      claude.denied('tool_1'),
      {write: {'works.txt': 'x'}},
      claude.done({status: 'done', summary: 'Did it.', assumptions: ['cookies are fine'], question: null}),
    ],
    asks: [
      claude.init,
      {write: {'half.txt': 'half'}},
      claude.done({status: 'blocked', summary: 'Stuck.', assumptions: [], question: 'Tabs or spaces?'}),
    ],
    quota: [claude.init, ...claude.refused('rate_limit', 429, 'Usage limit reached, resets at 2099-01-01T10:00:00Z')],
  },
  codex: {
    works: [
      codex.begin,
      codex.says('I look at it.'),
      {write: {'works.txt': 'x'}},
      ...codex.done({status: 'done', summary: 'Did it.', assumptions: ['cookies are fine'], question: null}),
    ],
    asks: [
      codex.begin,
      {write: {'half.txt': 'half'}},
      ...codex.done({status: 'blocked', summary: 'Stuck.', assumptions: [], question: 'Tabs or spaces?'}),
    ],
    quota: [codex.begin, ...codex.failed('You have hit your usage limit.')],
  },
};

test.each(['claude', 'codex'] as const)(
  '%s: usage, conversation, question, quota and denials are as they are here',
  async name => {
    const here = await factsOf(name, 'here');
    expect(await factsOf(name, 'any')).toEqual(here);
    expect(here).toMatchObject({exits: [8, 0], files: 'README\nasks.txt\nhalf.txt\nquota.txt\nworks.txt'});
  },
);

async function factsOf(name: keyof typeof SCRIPTS, where: string) {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const agents = FakeAgents.into(rig, name);
  for (const [task, steps] of Object.entries(SCRIPTS[name])) agents.script(name, task, steps);
  for (const task of ['asks', 'quota']) agents.script(name, `${task}.2`, works(name, {[`${task}.txt`]: 'x'}));
  if (where !== 'here') workers.worker();
  const settings = {where, driver: name, max_parallel: 1};
  await rig.writeMilestone('m', [{id: 'works'}, {id: 'asks'}, {id: 'quota'}], {settings});
  const first = await workers.milestone('execute', 'm');
  const blocked = await rig.status('m');
  await workers.milestone('answer', '--yes', 'm', 'asks', 'Spaces, please.');
  const second = await workers.milestone('resume', 'm');
  const runs = agents.runs(name);
  /** Without what is new each time. */
  const plain = (value: unknown) => {
    const known = [...new Set(runs.map(run => run.conversation))].map((id, number) => [id, `conversation ${number}`]);
    const places = [...new Set(runs.map(run => run.cwd))].map((cwd, number) => [cwd, `folder ${number}`]);
    const text = [...known, ...places].reduce(
      (all, [from = '', to = '']) => all.replaceAll(from, to),
      JSON.stringify(value, (key, inner) => (key === 'minutes' ? undefined : inner)),
    );
    return JSON.parse(text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then').replace(/"\/[^"]*\/logs\/[^"]*"/g, '"a log"'));
  };
  const events = rig.events('m');
  const detailsOf = (event: EventName) => plain(events.flatMap(one => (one.event === event ? [one.details] : [])));
  const status = await rig.status('m');
  return {
    exits: [first.exitCode, second.exitCode],
    conversations: detailsOf('task_conversation'),
    claimed: detailsOf('task_claimed').map(({result}: {result: object}) => result),
    ended: detailsOf('attempt_ended'),
    spent: detailsOf('budget_settled'),
    paused: detailsOf('driver_paused'),
    blockers: plain(blocked.blockers).map(({type, message}: Record<string, string>) => ({type, message})),
    tasks: [...blocked.tasks, ...status.tasks].map(({id, status, stage}) => ({id, status, stage})),
    used: plain(status.used),
    printed: ['works.1', 'asks.1', 'asks.2', 'quota.1'].map(attempt =>
      plain(rig.read(`.milestones/logs/m/${attempt}.log`)),
    ),
    told: runs.map(({argv, stdin}) => plain({argv, stdin})),
    files: rig.git('ls-tree', '--name-only', 'milestone/m'),
  };
}
