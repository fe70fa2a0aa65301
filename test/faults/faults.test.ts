// A fault at every call by which the program, or a git that it started, changes a file: afterwards, and after a fault in
// the recovery from that too, a stranger finds each task completed once and committed once, his own things as they were,
// and nothing left behind.
//
//   npm test                                         one call of each of a few kinds, in the run or in the recovery in turn
//   npm run test:faults                              every call, every kind: hours
//   FAULT_POINTS=20 FAULT_SEED=7 npm run test:faults   twenty of each kind, chosen by the seed
//   FAULT_KINDS=torn,EIO npm run test:faults         of these kinds alone
//   FAULT=torn:331 npm run test:faults               that one; FAULT=tree:200+57 is the 57th call of the recovery from `tree:200`

import {afterAll, describe, expect, test} from 'vitest';
import {
  completed,
  copyWorld,
  createWorld,
  executeToTheEnd,
  expectCompletedPlan,
  expectIntegratedOnce,
  expectNothingLeft,
  expectSoundLog,
  timesRun,
  usersThings,
} from '../kill/world.ts';
import {callsOf, KINDS, type Kind, runWithFault} from './faulty-run.ts';
import {compilePreload} from './preload.ts';

/** Of a signal, of what reaches the disk, of its answers: one kind for each. */
const FEW: readonly Kind[] = ['tree', 'torn', 'power-names-lost', 'ENOSPC+', 'EIO', 'short'];

interface Point {
  kind: Kind;
  at: number;
  /** It is a call of the recovery from the end of all processes at this call. */
  after?: number;
}

const {FAULT, FAULT_POINTS, FAULT_SEED = '1'} = process.env;
const isSample = FAULT_POINTS === undefined;
const {FAULT_KINDS = (isSample ? FEW : KINDS).join()} = process.env;
const compiled = compilePreload();
const preload = 'preload' in compiled ? compiled.preload : '';
if ('missing' in compiled) console.warn(`SKIPPED: ${compiled.missing}`);

const template = await createWorld({git: true});
afterAll(() => template[Symbol.asyncDispose]());
/** How many calls there are is known once it has run. */
const total = preload === '' ? 0 : await countCalls();

describe.skipIf(preload === '')('with a fault below node', async () => {
  const points = preload === '' ? [] : FAULT === undefined ? await choosePoints() : [parsePoint(FAULT)];

  test.concurrent.each(points.map(point => [nameOf(point), point] as const))('%s', async (name, point) => {
    await using rig = copyWorld(template);
    const mine = usersThings(rig);
    if (point.after !== undefined) await runWithFault(rig, preload, {kind: 'tree', at: point.after});
    const ended = await runWithFault(rig, preload, point);
    const told = `${name} (\`${callsOf(rig).at(point.at - 1)}\`) exits ${ended.exitCode ?? ended.signal}: ${ended.stderr}`;
    try {
      if (point.kind === 'short') expect(ended.exitCode).toBe(0);
      if (/^E|self/.test(point.kind)) expect([0, 9, null]).toContain(ended.exitCode);
      const [done, ranBefore] = [completed(rig), timesRun(rig)];
      await executeToTheEnd(rig);
      expect(usersThings(rig)).toEqual(mine);
      expectSoundLog(rig.events('diamond'));
      expectCompletedPlan(rig);
      expectIntegratedOnce(rig);
      expectNothingLeft(rig);
      const ranAfter = timesRun(rig);
      for (const id of done) expect(ranAfter[id], `${id} was complete on disk`).toBe(ranBefore[id]);
    } catch (error) {
      (error as Error).message = `${told}\n${(error as Error).message}`;
      throw error;
    }
  });
});

describe.skipIf(preload === '')('with power lost as soon as it has ended', async () => {
  // What a dead executor left was on disk before, and may come back.
  const all = [
    {names: 'lost', after: 0},
    {names: 'kept', after: 0.6},
    {names: 'lost', after: 0.6},
  ] as const;

  test.concurrent.each(isSample ? all.slice(0, 2) : all)(
    'names $names, after a recovery from $after of the way: all is there, and nothing else',
    async point => {
      await using rig = copyWorld(template);
      const mine = usersThings(rig);
      if (point.after > 0) {
        await runWithFault(rig, preload, {kind: 'tree', at: Math.ceil(total * point.after)});
        rig.write('.git/refs/milestone/frozen/diamond/.right.1.1-dead.tmp', ''); // it may have been about to pin work
      }
      const {exitCode, stderr} = await runWithFault(rig, preload, {kind: `power-names-${point.names}`, at: 0});
      expect(exitCode, stderr).toBe(0);
      expect(usersThings(rig)).toEqual(mine);
      expectSoundLog(rig.events('diamond'));
      expectCompletedPlan(rig);
      expectIntegratedOnce(rig);
      expectNothingLeft(rig);
    },
  );
});

async function choosePoints(): Promise<Point[]> {
  const after = Math.ceil(total * 0.6);
  const inRecovery = await countCalls(after);
  console.log(`${total} calls, ${inRecovery} in a recovery; FAULT_SEED=${FAULT_SEED}`);
  const random = randomFrom(Number(FAULT_SEED));
  const kinds = KINDS.filter(kind => FAULT_KINDS.split(',').includes(kind));
  return kinds.flatMap((kind, index) => {
    const inRun = choose(total, random).map(at => ({kind, at}));
    const later = choose(inRecovery, random).map(at => ({kind, at, after}));
    if (!isSample) return [...inRun, ...later];
    return index % 2 === 0 ? inRun : later;
  });
}

async function countCalls(after?: number): Promise<number> {
  await using rig = copyWorld(template);
  if (after !== undefined) await runWithFault(rig, preload, {kind: 'tree', at: after});
  const {exitCode, stderr} = await runWithFault(rig, preload, {kind: 'tree', at: 0});
  expect(exitCode, stderr).toBe(0);
  return callsOf(rig).length;
}

/** All numbers from 1 to `total`, or as many of them as are wanted, spread out. */
function choose(total: number, random: () => number): number[] {
  const wanted = FAULT_POINTS === 'all' ? total : Math.min(total, Number(FAULT_POINTS ?? 1));
  return Array.from(
    {length: wanted},
    (_, index) => 1 + Math.floor(((index + (wanted < total ? random() : 0)) * total) / wanted),
  );
}

function nameOf({kind, at, after}: Point): string {
  return `${kind}:${after === undefined ? '' : `${after}+`}${at}`;
}

function parsePoint(text: string): Point {
  const [, kind, after, at] = /^(.+):(?:(\d+)\+)?(\d+)$/.exec(text) ?? [];
  if (!KINDS.includes(kind as Kind))
    throw new Error(`FAULT=${text}: expected <kind>:<number>, the kind one of ${KINDS.join(', ')}`);
  return {kind: kind as Kind, at: Number(at), ...(after !== undefined && {after: Number(after)})};
}

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
