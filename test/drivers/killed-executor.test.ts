import {expect, test} from 'vitest';
import {works} from '../rig/agent-scripts.ts';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';

/** Ends neither by itself nor when it is asked to, nor does what it has started. */
const STUBBORN = `trap '' INT TERM; : > "$HOME/ready"; while :; do sleep 1000; done`;

test.concurrent.each(['claude', 'codex', 'opencode'] as const)(
  '%s: nothing of it survives the executor by more than the next start, and its task is done',
  async name => {
    await using rig = await MilestoneRig.create();
    const agents = FakeAgents.into(rig, name);
    agents.script(name, 'login.1', [
      {orphan: STUBBORN},
      {ignore: ['SIGINT', 'SIGTERM']},
      {waitFor: `${rig.env.HOME}/ready`},
      {write: {'ready.txt': 'ready'}},
      {hold: true},
    ]);
    agents.script(name, 'login', works(name, {'login.txt': 'in'}));
    await rig.writeMilestone('auth', [{id: 'login', driver: name}]);

    const first = rig.milestone('execute', 'auth');
    const run = await agents.run(name);
    await rig.start('sh', '-c', 'until [ -e "$HOME/ready" ]; do :; done');
    first.kill('SIGKILL');
    await first;
    expect(rig.processesLeft().map(({pid}) => pid)).toContain(run.pid);

    const resumed = await rig.milestone('resume', 'auth');
    expect(resumed).toMatchObject({exitCode: 0});
    expect(rig.processesLeft()).toEqual([]);
    expect(agents.runs(name)).toHaveLength(2);
    expect(rig.git('show', 'milestone/auth:login.txt')).toBe('in');
  },
);
