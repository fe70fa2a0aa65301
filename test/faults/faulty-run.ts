// One execution with a fault at one of the calls by which the program, or a git of its own, changes something.

import fs from 'node:fs';
import path from 'node:path';
import {ID} from '../kill/world.ts';
import type {MilestoneRig} from '../rig/milestone-rig.ts';
import {type Before, lookBefore, losePower, type Names} from './power-loss.ts';

export const KINDS = [
  'tree',
  'executor',
  'self',
  'torn',
  'power-names-lost',
  'power-names-kept',
  'ENOSPC',
  'ENOSPC+',
  'EIO',
  'EIO+',
  'short',
] as const;
export type Kind = (typeof KINDS)[number];

/** Room for the count and the pids of preload.c. */
const STATE_BYTES = 1 << 17;

/** @param at Number of the call, counting from 1; 0 counts only, or loses power once it has ended. */
export async function runWithFault(rig: MilestoneRig, preload: string, {kind, at}: {kind: Kind; at: number}) {
  const names = kind.startsWith('power') ? (kind.slice('power-names-'.length) as Names) : undefined;
  const folders = [rig.folder, rig.stateFolder];
  const [state, trace, synced] = ['fault-state', 'fault-trace', 'fault-synced'].map(name =>
    path.join(rig.root, name),
  ) as [string, string, string];
  fs.rmSync(trace, {force: true});
  fs.rmSync(synced, {recursive: true, force: true});
  fs.mkdirSync(synced);
  fs.writeFileSync(state, Buffer.alloc(STATE_BYTES));
  const before: Before | undefined = names && lookBefore(folders);
  const env = {
    LD_PRELOAD: preload,
    FAULT_STATE: state,
    FAULT_ROOTS: folders.join(':'),
    FAULT_AT: String(at),
    FAULT_KIND: names ? 'tree' : kind,
    FAULT_TRACE: trace,
    ...(names && {FAULT_SYNCED: synced}),
  };
  const ended = await rig.milestone('execute', ID, {env});
  if (kind === 'executor' || kind === 'tree' || names) await rig.untilNoProcessLeft();
  if (names && before && (ended.signal === 'SIGKILL' || at === 0)) losePower(folders, {before, synced, names});
  return ended;
}

/** The calls of the last run, one a line. */
export function callsOf(rig: MilestoneRig): string[] {
  const trace = path.join(rig.root, 'fault-trace');
  return fs.existsSync(trace) ? fs.readFileSync(trace, 'utf8').trim().split('\n') : [];
}
