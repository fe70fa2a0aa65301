// What things are called where coordinator and workers meet.

import {createHash, randomBytes} from 'node:crypto';
import type {JobId} from './port.ts';

/** The job of an attempt at a task, or of something else that is counted: the same whenever it is asked for. */
export function jobOf(execution: string, what: string, number: number): JobId {
  const hash = createHash('sha256')
    .update(JSON.stringify([execution, what, number]))
    .digest('hex');
  // The digits that say of a UUID that it is made of a hash (version 8, RFC 9562).
  const variant = ((Number.parseInt(hash[16] as string, 16) & 3) | 8).toString(16);
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `${variant}${hash.slice(17, 20)}`];
  return [...parts, hash.slice(20, 32)].join('-');
}

/** What jobs of a queue ask for: labels, sorted, of a worker of some pool, or one worker and no other, by its id. */
export type Asking = {pool: string; labels: readonly string[]} | {worker: string};

/** Of workers and projects that name no other. */
export const DEFAULT_POOL = 'default';

/** Queue at which those wait who ask for that; `askingOf` reads it back. */
export function queueOf(asking: Asking): string {
  if ('worker' in asking) return `${WORKER_QUEUE}${asking.worker}`;
  const {pool, labels} = asking;
  const what = labels.length === 0 ? 'any' : `labels/${labels.join('/')}`;
  return pool === DEFAULT_POOL ? `milestone/${what}` : `milestone/pool/${pool}/${what}`;
}

const WORKER_QUEUE = 'milestone/worker/';
const JOBS_QUEUE = /^milestone\/(?:pool\/([^/]+)\/)?(?:any|labels\/(.+))$/;

/** What the jobs of a queue ask for; undefined for a queue of something else. */
export function askingOf(queue: string): Asking | undefined {
  if (queue.startsWith(WORKER_QUEUE)) return {worker: queue.slice(WORKER_QUEUE.length)};
  const found = JOBS_QUEUE.exec(queue);
  if (!found) return undefined;
  const [, pool = DEFAULT_POOL, labels] = found;
  return {pool, labels: labels?.split('/') ?? []};
}

/** Queue of what workers report to the coordinator of an execution. */
export function reportsQueue(execution: string): string {
  return `${REPORTS_QUEUE}${execution}`;
}

const REPORTS_QUEUE = 'milestone/reports/';

/** The execution whose reports go to a queue; undefined for a queue of something else. */
export function executionOfQueue(queue: string): string | undefined {
  return queue.startsWith(REPORTS_QUEUE) ? queue.slice(REPORTS_QUEUE.length) : undefined;
}

/** Where the coordinator offers what attempts start from. */
export function baseRef(execution: string): string {
  return `refs/milestone/base/${execution}`;
}

/** The same for what checks of the merge queue are run on. */
export function tipRef(execution: string): string {
  return `refs/milestone/tip/${execution}`;
}

/** The same for work of an earlier attempt that another one goes on from. */
export function originRef(execution: string, task: string, attempt: number): string {
  return `${originRefs(execution)}${task}.${attempt}`;
}

/** What the refs begin with at which the origins of an execution's attempts are offered. */
export function originRefs(execution: string): string {
  return `refs/milestone/origin/${execution}/`;
}

/** What the refs of all work of an execution begin with. */
export function workRefs(execution: string): string {
  return `refs/milestone/work/${execution}/`;
}

/** What the refs of an attempt's work begin with; its deliveries follow. */
export function attemptRefs(execution: string, task: string, attempt: number): string {
  return `${workRefs(execution)}${task}.${attempt}.`;
}

/** The execution that a ref of the remote belongs to; undefined for one of something else. */
export function executionOfRef(ref: string): string | undefined {
  return /^refs\/milestone\/(?:base|origin|tip|work)\/([^/]+)/.exec(ref)?.[1];
}

/** What a ref of work is called after; undefined for another ref. `pushedAt`: milliseconds since the epoch. */
export function readWorkRef(ref: string): {task: string; attempt: number; pushedAt: number} | undefined {
  const [, task, attempt, pushedAt] = WORK_REF.exec(ref) ?? [];
  if (task === undefined || pushedAt === undefined) return undefined;
  return {task, attempt: Number(attempt), pushedAt: Number.parseInt(pushedAt, 36)};
}

/** As `newWorkRef` makes them. */
const WORK_REF = /^refs\/milestone\/work\/[^/]+\/(.+)\.(\d+)\.\d+-([0-9a-z]{9})[0-9a-f]{12}$/;

/** A ref that nobody has: later ones of an attempt sort behind earlier ones of the same clock. */
export function newWorkRef(prefix: string, delivery: number, now: number): string {
  return `${prefix}${delivery}-${now.toString(36).padStart(9, '0')}${randomBytes(6).toString('hex')}`;
}
