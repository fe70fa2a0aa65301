// Ends processes, all that belong to an attempt (process-search.ts).
//
//   stopToken        SIGINT ──5 s──> SIGTERM ──3 s──> SIGKILL    work that is to end
//   sweepAfterExit                   SIGTERM ──2 s──> SIGKILL    what ended work has left behind
//
// A process gets a signal once per step: many programs take a second SIGINT as "now".

import type {Clock} from '../clock.ts';
import {ProcessSearch} from './process-search.ts';
import {hasProc, type ProcessEntry, readForks, readLastPid, readPidLimit, readProcess} from './process-table.ts';
import type {GroupIdentity} from './start-group.ts';

const POLL_MS = 50;
/** Milliseconds from SIGINT to SIGTERM, and from there to SIGKILL. */
const GRACE_MS = [5_000, 3_000] as const;
/** The task itself has ended and its slot waits: time to close files and sockets, no more. */
const LEFTOVER_GRACE_MS = 2_000;
/** After SIGKILL only a process that hangs inside the system is left; it must not hang the program too. */
const KILL_PATIENCE_MS = 30_000;
/** A fork that fails takes a number, too, and is not counted: so much of all numbers is believed not to have been used. */
const SURELY_FREE = 1 / 2;
/** Looks for newborns while stopping everybody; they run out, because who is stopped bears none. */
const FREEZE_ROUNDS = 100;

export interface StopOptions {
  /** Pid of the first process: its group and session belong to it, with or without the token. */
  group?: number;
  /** Milliseconds from SIGINT to SIGTERM, and from there to SIGKILL. */
  graceMs?: readonly [number, number];
  /** Straight to SIGKILL. */
  immediate?: boolean;
  /** As soon as it aborts: straight to SIGKILL. */
  hurry?: AbortSignal | undefined;
}

export interface LeftProcess {
  pid: number;
  name: string;
}

export interface StopReport {
  /** Processes that were found at first. */
  found: LeftProcess[];
  /** Processes that even SIGKILL did not end in 30 seconds: they hang inside the system. */
  left: LeftProcess[];
}

/** End everything that carries `token`, politely first. Resolves when none of it is left. */
export function stopToken(token: string, clock: Clock, options: StopOptions = {}): Promise<StopReport> {
  const search = new ProcessSearch(new Set([token]), options.group);
  return endAll(search, options.immediate ? [] : politeSteps(options.graceMs), clock, options.hurry);
}

/** End what an executor that is dead has left running, as `stopToken` does. */
export function endLeftovers(
  tokens: ReadonlySet<string>,
  clock: Clock,
  options: {hurry?: AbortSignal | undefined} = {},
): Promise<StopReport> {
  return endAll(new ProcessSearch(tokens), politeSteps(), clock, options.hurry);
}

/**
 * After the first process of a group has ended by itself: end what it left behind. Costs microseconds when a short
 * task has left nothing.
 * @returns What was found and ended, for the log of the attempt.
 */
export async function sweepAfterExit(
  token: string,
  group: GroupIdentity,
  clock: Clock,
  options: {hurry?: AbortSignal | undefined} = {},
): Promise<StopReport> {
  const search = new ProcessSearch(new Set([token]), group.pid);
  if (hasProc && !(await mayHaveLeft(group, search))) return {found: [], left: []};
  return endAll(search, [{signal: 'SIGTERM', graceMs: LEFTOVER_GRACE_MS}], clock, options.hurry);
}

/** Whether anything may be left. Only who was born after the first process can descend from it. */
async function mayHaveLeft(group: GroupIdentity, search: ProcessSearch): Promise<boolean> {
  const forks = readForks() - group.forks;
  // After more, the numbers may have gone once round; of less than one, nobody counts.
  if (forks < 1 || forks > readPidLimit() * SURELY_FREE) return true;
  const last = readLastPid();
  return last < group.pid || (await search.findNewborn(group.pid, last)).length > 0;
}

interface Step {
  signal: 'SIGINT' | 'SIGTERM';
  graceMs: number;
}

function politeSteps([interrupt, terminate]: readonly [number, number] = GRACE_MS): Step[] {
  return [
    {signal: 'SIGINT', graceMs: interrupt},
    {signal: 'SIGTERM', graceMs: terminate},
  ];
}

async function endAll(
  search: ProcessSearch,
  steps: readonly Step[],
  clock: Clock,
  hurry: AbortSignal | undefined,
): Promise<StopReport> {
  const found = await search.find();
  let targets = found;
  for (const {signal, graceMs} of steps) {
    if (targets.length === 0 || hurry?.aborted) break;
    targets = await endPolitely(targets, {signal, graceMs}, search, clock, hurry);
  }
  const left = targets.length > 0 ? await killAll(search, clock) : [];
  return {found: found.map(forReport), left: left.map(forReport)};
}

/** Signal all and wait for their end, at most `graceMs`. @returns Who is there at the end, newborns included. */
async function endPolitely(
  targets: readonly ProcessEntry[],
  {signal, graceMs}: Step,
  search: ProcessSearch,
  clock: Clock,
  hurry: AbortSignal | undefined,
): Promise<ProcessEntry[]> {
  const until = clock.elapsed() + graceMs;
  const signalled = new Set<string>();
  const signalNew = (found: readonly ProcessEntry[]) => {
    const isNew = ({pid, started}: ProcessEntry) => !signalled.has(`${pid} ${started}`);
    search.signal(found.filter(isNew), signal);
    for (const {pid, started} of found) signalled.add(`${pid} ${started}`);
  };
  signalNew(targets);
  let there = targets;
  for (;;) {
    there = there.filter(isStillThere);
    // The whole table is read only when those who were signalled are gone: that takes longer.
    if (there.length === 0) {
      there = await search.find();
      signalNew(there);
    }
    const leftMs = until - clock.elapsed();
    if (there.length === 0) return [];
    if (leftMs <= 0 || hurry?.aborted) return search.find();
    await sleep(Math.min(POLL_MS, leftMs), clock, hurry);
  }
}

/** SIGKILL until none is left. All are stopped first: who bears children faster than we look would never be done. */
async function killAll(search: ProcessSearch, clock: Clock): Promise<ProcessEntry[]> {
  const until = clock.elapsed() + KILL_PATIENCE_MS;
  for (;;) {
    const targets = await freezeAll(search);
    if (targets.length === 0 || clock.elapsed() >= until) return targets;
    search.signal(targets, 'SIGKILL');
    await sleep(POLL_MS, clock);
  }
}

async function freezeAll(search: ProcessSearch): Promise<ProcessEntry[]> {
  const frozen = new Set<number>();
  for (let round = 0; ; round++) {
    const targets = await search.find();
    const newborn = targets.filter(({pid}) => !frozen.has(pid));
    if (newborn.length === 0 || round === FREEZE_ROUNDS) return targets;
    search.signal(newborn, 'SIGSTOP');
    for (const {pid} of newborn) frozen.add(pid);
  }
}

function isStillThere({pid, started}: ProcessEntry): boolean {
  return hasProc ? readProcess(pid)?.started === started : false;
}

async function sleep(ms: number, clock: Clock, hurry: AbortSignal = NEVER): Promise<void> {
  try {
    await clock.sleep(ms, hurry);
  } catch (error) {
    if (!hurry.aborted) throw error;
  }
}

const NEVER: AbortSignal = new AbortController().signal;

function forReport({pid, name}: ProcessEntry): LeftProcess {
  return {pid, name};
}
