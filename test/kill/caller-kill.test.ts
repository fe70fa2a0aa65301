// A command that answers its own request, because nobody executes the milestone, is killed at moments spread over all
// that it does to the world: the next one to hold the lock finds the request, or its answer.

import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {oneIn} from '../rig/sweep.ts';

const FAULT = fileURLToPath(new URL('../rig/fault.cjs', import.meta.url));
const ID = 'm';
const KINDS = ['kill-before', 'kill-after', 'kill-half'] as const;
const MOMENTS = 40 / oneIn(20);

let template: MilestoneRig;
let effects: string[];

beforeAll(async () => {
  template = await MilestoneRig.create({git: false});
  await template.writeMilestone(ID, [
    {id: 'a', run: 'exit 1', retries: 0},
    {id: 'b', run: 'exit 1', retries: 0},
  ]);
  expect(await template.milestone('execute', ID)).toMatchObject({exitCode: 4});
  await using rig = MilestoneRig.copyOf(template);
  expect(await retryWith(rig, 0, 'kill-before')).toMatchObject({exitCode: 0});
  effects = fs.readFileSync(countFile(rig), 'utf8').trim().split('\n');
  expect(resets(rig)).toBe(1);
});

afterAll(() => template[Symbol.asyncDispose]());

test.concurrent.each(
  Array.from({length: MOMENTS}, (_, index) => [index / MOMENTS, KINDS[index % KINDS.length]!] as const),
)('killed at %f of the way (%s), it is applied once or was never sent', async (part, kind) => {
  await using rig = MilestoneRig.copyOf(template);
  const at = 1 + Math.floor(part * effects.length);
  const {signal, exitCode} = await retryWith(rig, at, kind);
  const context = `${kind} ${effects[at - 1]}`;
  // Nothing may have been left to be written by half.
  expect(signal ?? exitCode, context).toBe(signal ? 'SIGKILL' : 0);
  const sent = new Set([...inInbox(rig), ...answered(rig)]);

  expect(await rig.milestone('skip', ID, 'b', '--yes'), context).toMatchObject({exitCode: 0});

  expect(inInbox(rig), context).toEqual([]);
  for (const id of sent)
    expect(
      answered(rig).filter(one => one === id),
      context,
    ).toHaveLength(1);
  expect(resets(rig), context).toBe(sent.size);
  expect(
    (await rig.status(ID)).tasks.map(({status}: {status: string}) => status),
    context,
  ).toEqual([sent.size === 1 ? 'pending' : 'failed', 'skipped']);
});

function retryWith(rig: MilestoneRig, at: number, kind: string) {
  const env = {
    NODE_OPTIONS: `--require ${FAULT}`,
    FAULT_AT: String(at),
    FAULT_KIND: kind,
    FAULT_COUNT_FILE: countFile(rig),
  };
  return rig.milestone('retry', ID, 'a', {env});
}

function countFile(rig: MilestoneRig): string {
  return path.join(rig.root, 'effects');
}

function resets(rig: MilestoneRig): number {
  return rig.events(ID).filter(({event}) => event === 'task_reset').length;
}

/** Ids of the requests that are answered, once for each answer. */
function answered(rig: MilestoneRig): string[] {
  return rig.events(ID).flatMap(({details}) => ('request_id' in details ? (details.request_id as string) : []));
}

/** Ids of the requests that lie in the inbox, taken or not. */
function inInbox(rig: MilestoneRig): string[] {
  const folder = rig.path('.milestones/inbox', ID);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return [...new Set(names.flatMap(name => /^[^.].*Z-([0-9a-f-]{36})\.(?:json|taken)$/.exec(name)?.[1] ?? []))];
}
