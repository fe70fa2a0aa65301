// Where agents work: in their slot, whatever else they have heard of a folder.

import path from 'node:path';
import {expect, test} from 'vitest';
import {AgentRig, describeAgent} from './agent-rig.ts';
import {detailsOf, done, expectContinued, expectUntouched, say, writePlan} from './greeting.ts';
import {AGENT_NAMES} from './install.ts';
import {inOrder} from './model.ts';

for (const name of AGENT_NAMES)
  describeAgent(name, () => {
    test('works in its slot wherever its caller was, also where its work goes on in another slot', async () => {
      await using agent = await AgentRig.create(() => ({hang: true}));
      const {rig, server} = agent;
      const here = await rig.command('here');
      const first = await rig.command('first');
      const before = [
        {id: 'first', run: first.shell},
        {id: 'second', run: 'true', dependencies: ['first']},
      ];
      server.script = inOrder({write: 'made.txt', content: 'made\n'}, {run: here.shell}, {hang: true});
      await writePlan(rig, name, {}, {before, max_parallel: 2});
      const executor = rig.milestone('execute', 'demo');
      await first.nextRun();
      const run = await here.nextRun();
      expect(run.cwd).toContain(rig.stateFolder);
      expect(run.env.PWD).toBe(run.cwd);
      executor.kill('SIGINT');
      expect(await executor).toMatchObject({exitCode: 130});
      await rig.untilNoProcessLeft();
      const earlier = server.requests.at(-1)!;
      expect(earlier.cwd).toBe(run.cwd);

      const asked = server.requests.length;
      server.script = inOrder({run: here.shell}, {write: 'again.txt', content: 'again\n'}, say('hello'), done);
      const resumed = rig.milestone('resume', 'demo', '--only', 'greet', '--max-parallel', '1');
      const again = await here.nextRun();
      expect(again.env.PWD).toBe(again.cwd);
      await again.exit();
      expect(await resumed).toMatchObject({exitCode: 0});
      const slots = detailsOf(rig, 'task_started').flatMap(({task_id, slot}) => (task_id === 'greet' ? [slot] : []));
      expect(slots).toEqual([1, 0]);
      expect(path.dirname(again.cwd)).not.toBe(path.dirname(run.cwd));
      const later = server.requests[asked]!;
      expect(later.cwd).toBe(again.cwd);
      if (name === 'opencode') expect(later.conversation).not.toBe(earlier.conversation);
      else expectContinued(earlier, later);
      const files = rig.git('ls-tree', '--name-only', 'milestone/demo').split('\n');
      expect(files).toEqual(['README', 'again.txt', 'greeting.txt', 'made.txt']);
      expect(detailsOf(rig, 'slot_kept')).toEqual([]);
      expectUntouched(rig);
    });
  });
