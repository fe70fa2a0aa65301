// `milestone graph`: which task waits for which, for a person, for Mermaid and for a program.

import {expect, test} from 'vitest';
import {ID, plannedRig, stoppedRig, TASKS} from './reading-rig.ts';

test.concurrent('as waves that a person reads, each task with what it waits for', async () => {
  await using rig = await stoppedRig();
  expect((await rig.milestone('graph')).stdout).toBe(`release: The release
4 tasks in 3 waves

wave 1
  ✔ build  Build it

wave 2
  ✘ check  Check it  <- build
  · notes  Write the notes  <- build

wave 3
  · ship  Ship it  <- check

critical path: build -> check -> ship
`);
});

test.concurrent('as JSON', async () => {
  await using rig = await plannedRig(TASKS);
  expect((await rig.milestone('graph', '--json')).json()).toMatchObject({
    ok: true,
    graph: {
      id: ID,
      tasks: [
        {id: 'build', wave: 1, dependencies: []},
        {id: 'check', wave: 2, dependencies: ['build']},
        {id: 'ship', wave: 3},
        {id: 'notes', wave: 2},
      ],
      waves: [['build'], ['check', 'notes'], ['ship']],
      critical_path: ['build', 'check', 'ship'],
    },
  });
});

test.concurrent('as Mermaid that is valid whatever a title says', async () => {
  const title = 'Say "hi" [now]; `code` #1 --> <b>end</b>\n\u001b[31m';
  await using rig = await plannedRig([
    {id: 'end', title, run: 'true'},
    {id: 'graph', run: 'true', dependencies: ['end']},
  ]);
  const {stdout} = await rig.milestone('graph', '--format', 'mermaid');
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toBe('flowchart TD');
  expect(lines[1]).toMatch(/^ {2}t1\["end<br\/>[\p{L}\p{N} .,:/_#;-]+"\]:::pending$/u);
  expect(lines[1]).toContain('Say #34;hi#34; #91;now#93;#59; #96;code#96; #35;1 --#62; #60;b#62;end');
  expect(lines.slice(2)).toEqual([
    '  t2["graph"]:::pending',
    '  t1 --> t2',
    expect.stringMatching(/^ {2}classDef pending fill:#\w{6},/),
  ]);
});

test.concurrent('a wide graph keeps to 80 columns', async () => {
  const first = Array.from({length: 12}, (_, place) => ({id: `preparation-${place}`, run: 'true'}));
  const last = {id: 'last', title: 'x'.repeat(200), run: 'true', dependencies: first.map(({id}) => id)};
  await using rig = await plannedRig([...first, last]);
  const {stdout} = await rig.milestone('graph');
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  for (const {id} of first) expect(stdout.match(new RegExp(`\\b${id}\\b`, 'g'))?.length).toBeGreaterThanOrEqual(2);
});
