// The merge queue decides on a model of the world: heads are sets of works, and what is red, what conflicts and what
// flickers is known beforehand.

import fc from 'fast-check';
import {expect, test} from 'vitest';
import {type Finding, findingOf, nextRound, type Suspects} from '../../src/scheduler/merge-round.ts';

interface World {
  works: number;
  batch: number;
  /** Made on the head of the beginning, all others on an earlier one. */
  fresh: readonly string[];
  /** Made before, and red with what the branch has got meanwhile. */
  guilty: readonly string[];
  /** Neither is red without the other. */
  pairs: ReadonlyArray<readonly [string, string]>;
  /** Cannot be laid on each other. */
  conflicts: ReadonlyArray<readonly [string, string]>;
  /** Is red for no reason, the first time. */
  flaky: readonly string[];
  /** After so many checks a person moves the branch. */
  movesAt: readonly number[];
}

interface Story {
  integrated: string[];
  blamed: string[];
  conflicting: string[];
  /** The works of each check, in order. */
  checked: Array<{works: string[]; red: boolean}>;
  /** Times that a check was red for no reason. */
  flickered: number;
}

const CHECK = 'npm test';

/** Run the queue until nobody waits, as the engine does. */
function play(world: World): Story {
  const story: Story = {integrated: [], blamed: [], conflicting: [], checked: [], flickered: 0};
  const checkedTrees = new Set(['base']);
  const guilty = guiltyOf(world);
  const flickering = new Set(world.flaky);
  let waiting = Array.from({length: world.works}, (_, n) => `w${n}`);
  let head = ['base'];
  let suspects: Suspects | undefined;
  const clash = (id: string, onto: readonly string[]) =>
    world.conflicts.some(
      pair => pair.includes(id as never) && pair.some(other => other !== id && onto.includes(other)),
    );
  const isRed = (tree: readonly string[]) => {
    const flicker = tree.find(id => flickering.delete(id));
    if (flicker !== undefined) story.flickered++;
    const isBad = guilty.some(id => tree.includes(id)) || world.pairs.some(pair => pair.every(id => tree.includes(id)));
    return isBad || flicker !== undefined;
  };
  for (let rounds = 0; waiting.length > 0; rounds++) {
    expect(rounds, 'comes to an end').toBeLessThan(20 * (world.works + 5));
    const onto = head.join('+');
    const chosen = nextRound(waiting, {batch: world.batch, head: onto, suspects});
    const tasks: string[] = [];
    for (const id of chosen) {
      if (!clash(id, [...head, ...tasks])) tasks.push(id);
      else if (clash(id, head)) {
        story.conflicting.push(id);
        waiting = waiting.filter(other => other !== id);
      }
    }
    if (tasks.length === 0) continue;
    const tree = [...head, ...tasks];
    // Its own checks were green on this very tree.
    const isKnown = tasks.length === 1 && onto === 'base' && world.fresh.includes(tasks[0] as string);
    // They have flickered then, if they do.
    if (isKnown) flickering.delete(tasks[0] as string);
    const red = isKnown ? false : isRed(tree);
    if (!isKnown) story.checked.push({works: tasks, red});
    if (!red) checkedTrees.add(tree.join('+'));
    const round = {onto, tip: tree.join('+'), tasks, red: red ? [CHECK] : []};
    const found: Finding = findingOf(round, suspects, () => true);
    ({suspects} = found);
    const moves = !isKnown && world.movesAt.includes(story.checked.length);
    if (moves) {
      // What was checked does not fit any more; it is laid on again.
      head = [...head, `user${story.checked.length}`];
      checkedTrees.add(head.join('+'));
      continue;
    }
    if (!red) {
      head = tree;
      story.integrated.push(...tasks);
    }
    const {blamed} = found;
    if (blamed !== undefined) story.blamed.push(blamed);
    waiting = waiting.filter(id => !head.includes(id) && id !== blamed);
    expect(checkedTrees).toContain(head.join('+'));
  }
  return story;
}

function guiltyOf({guilty, fresh}: World): string[] {
  return guilty.filter(id => !fresh.includes(id));
}

const id = fc.integer({min: 0, max: 23}).map(n => `w${n}`);
const pair = fc.tuple(id, id).filter(([a, b]) => a !== b);
const worlds = fc.record({
  works: fc.integer({min: 1, max: 24}),
  batch: fc.integer({min: 1, max: 9}),
  fresh: fc.uniqueArray(id),
  guilty: fc.uniqueArray(id, {maxLength: 5}),
  pairs: fc.array(pair, {maxLength: 2}),
  conflicts: fc.array(pair, {maxLength: 3}),
  flaky: fc.uniqueArray(id, {maxLength: 2}),
  movesAt: fc.uniqueArray(fc.integer({min: 1, max: 12}), {maxLength: 2}),
});

const INNOCENT: World = {
  works: 16,
  batch: 8,
  fresh: [],
  guilty: [],
  pairs: [],
  conflicts: [],
  flaky: [],
  movesAt: [],
};

test('the innocent are integrated, whoever is red alone is named, and nobody is lost', () => {
  fc.assert(
    fc.property(worlds, world => {
      const {integrated, blamed, conflicting} = play(world);
      const all = Array.from({length: world.works}, (_, n) => `w${n}`);
      expect([...integrated, ...blamed, ...conflicting].toSorted()).toEqual(all.toSorted());
      const mayBeBlamed = new Set([...guiltyOf(world), ...world.pairs.flat(), ...world.flaky]);
      for (const one of blamed) expect(mayBeBlamed).toContain(one);
      for (const one of conflicting) expect(world.conflicts.flat()).toContain(one);
    }),
  );
});

test('what is red never gets onto the branch', () => {
  fc.assert(
    fc.property(worlds, world => {
      const {integrated} = play(world);
      for (const one of guiltyOf(world)) expect(integrated).not.toContain(one);
      for (const [a, b] of world.pairs) expect(integrated.includes(a) && integrated.includes(b)).toBe(false);
    }),
  );
});

test('of two that are red only together the later is named', () => {
  const world = {...INNOCENT, works: 6, pairs: [['w1', 'w4'] as const]};
  expect(play(world)).toMatchObject({integrated: ['w0', 'w1', 'w2', 'w3', 'w5'], blamed: ['w4']});
});

test('checks grow with the rounds and with what is red, not with the works', () => {
  fc.assert(
    fc.property(worlds, world => {
      const {checked, blamed, conflicting, flickered} = play(world);
      const {works, batch, conflicts, movesAt} = world;
      // The round itself, its halves, and the last of them alone.
      const search = 2 + Math.ceil(Math.log2(batch));
      const searches = blamed.length + flickered + movesAt.length;
      const rounds = Math.ceil(works / batch) + searches + conflicting.length + conflicts.length;
      expect(checked.length).toBeLessThanOrEqual(rounds + searches * search);
    }),
  );
});

test.each(Array.from({length: 16}, (_, n) => [n]))(
  'one guilty among sixteen, number %d of them, is found with at most 6 checks after that of its round',
  n => {
    const world = {...INNOCENT, guilty: [`w${n}`]};
    const {checked, blamed, integrated} = play(world);
    const first = checked.findIndex(({red}) => red);
    expect(checked.length - first - 1).toBeLessThanOrEqual(6);
    expect({blamed, integrated: integrated.length}).toEqual({blamed: [`w${n}`], integrated: 15});
  },
);

test('sixteen innocent ones take two checks, eight at a time', () => {
  expect(play(INNOCENT).checked.map(({works}) => works.length)).toEqual([8, 8]);
});

test('a half that is green leaves no suspicion that only its own check has raised', () => {
  const suspects = {onto: 'h', tasks: ['a', 'b'], red: ['npm test -- a'], together: ['a', 'b', 'c']};
  const round = {onto: 'h', tip: 'h+a', tasks: ['a'], red: []};
  expect(findingOf(round, suspects, (task, command) => command.endsWith(task))).toEqual({});
  expect(findingOf(round, suspects, () => true)).toEqual({suspects: {...suspects, onto: 'h+a', tasks: ['b']}});
});

test('while a round is halved it is known who was in it, and forgotten with the next', () => {
  const {suspects} = findingOf(
    {onto: 'h', tip: 'h+abcd', tasks: ['a', 'b', 'c', 'd'], red: [CHECK]},
    undefined,
    () => true,
  );
  const half = findingOf({onto: 'h', tip: 'h+ab', tasks: ['a', 'b'], red: [CHECK]}, suspects, () => true);
  expect(half.suspects).toMatchObject({tasks: ['a', 'b'], together: ['a', 'b', 'c', 'd']});
  const rest = findingOf({onto: 'h', tip: 'h+a', tasks: ['a'], red: []}, half.suspects, () => true);
  expect(rest.suspects).toMatchObject({onto: 'h+a', tasks: ['b'], together: ['a', 'b', 'c', 'd']});
  const other = findingOf({onto: 'moved', tip: 'moved+bc', tasks: ['b', 'c'], red: [CHECK]}, rest.suspects, () => true);
  expect(other.suspects).toMatchObject({tasks: ['b', 'c'], together: ['b', 'c']});
});

test('a head that somebody has moved acquits everybody', () => {
  const suspects = {onto: 'h', tasks: ['a', 'b', 'c'], red: [CHECK], together: ['a', 'b', 'c']};
  const waiting = ['a', 'b', 'c', 'd'];
  expect(nextRound(waiting, {batch: 3, head: 'h', suspects})).toEqual(['a', 'b']);
  expect(nextRound(waiting, {batch: 3, head: 'moved', suspects})).toEqual(['a', 'b', 'c']);
  expect(nextRound(['a', 'c', 'd'], {batch: 3, head: 'h', suspects})).toEqual(['a', 'c', 'd']);
});
