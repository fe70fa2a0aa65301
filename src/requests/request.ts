// What one process may ask of the executor of a milestone. Everything here was written by somebody else.

import {randomUUID} from 'node:crypto';
import type {Deliverable} from '../events/details/kiro.ts';
import type {Timestamp} from '../events/timestamp.ts';
import {isValidId} from '../plan/ids.ts';
import {KIRO_PHASES} from '../plan/kiro-plan.ts';
import type {KiroPhase, TaskId} from '../plan/plan.ts';
import type {Clock} from '../platform/clock.ts';
import type {Identity} from '../platform/processes/identity.ts';

/** What is asked. */
export type Ask =
  | {kind: 'pause'; now: boolean}
  | {kind: 'cancel'; reason?: string}
  | {kind: 'resume'}
  /** Without `task_id`: everything that failed or is blocked. */
  | {kind: 'retry'; task_id?: TaskId}
  /** A completed task is done once more, on what the branch holds by now; on demand all that was built on it, too. */
  | {kind: 'redo'; task_id: TaskId; with_dependents?: boolean; reason?: string}
  | {kind: 'skip'; task_id: TaskId; reason?: string}
  | {kind: 'answer'; task_id: TaskId; text: string}
  /** Without a phase: the one that waits. `deliverables` is what whoever approves has seen. */
  | {kind: 'approve'; task_id: TaskId; phase?: KiroPhase; role?: string; comment?: string; deliverables: Deliverable[]}
  | {kind: 'reject'; task_id: TaskId; phase?: KiroPhase; role?: string; comment: string}
  /** A person has done the work of a manual task or phase. */
  | {kind: 'done'; task_id: TaskId; summary?: string};

export type Request = Ask & {
  request_id: string;
  requested_at: Timestamp;
  /** The session or attempt that is meant; for another one the request is rejected. */
  session_id?: string;
  attempt?: number;
  /** Who asks; the executor judges him as well. */
  sender?: Identity;
};

/** @param more Fields that a request may have. */
export function newRequest(
  ask: Ask,
  clock: Clock,
  more: Partial<Pick<Request, 'session_id' | 'attempt' | 'sender'>> = {},
): Request {
  return {...ask, ...more, request_id: randomUUID(), requested_at: new Date(clock.now()).toISOString()};
}

const isText = (value: unknown) => typeof value === 'string' && value.length <= 4096;
const isTaskId = (value: unknown) => typeof value === 'string' && isValidId(value);
const isBoolean = (value: unknown) => typeof value === 'boolean';
const isNumber = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
const isRequestId = (value: unknown) => typeof value === 'string' && /^[0-9a-f-]{36}$/.test(value);
const isTimestamp = (value: unknown) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);

const isPhase = (value: unknown) => KIRO_PHASES.includes(value as KiroPhase);
const isDeliverable = (value: unknown) => {
  const {path, sha256} = Object(value) as Record<string, unknown>;
  return isText(path) && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
};
const isDeliverables = (value: unknown) => Array.isArray(value) && value.length <= 100 && value.every(isDeliverable);
const isLongText = (value: unknown) => typeof value === 'string' && value.trim() !== '' && value.length <= 32_768;

const isTextOrNull = (value: unknown) => value === null || isText(value);
const isIdentity = (value: unknown) => {
  const {pid, process_started, boot_id, pid_namespace, host} = Object(value) as Record<string, unknown>;
  return isNumber(pid) && isText(host) && [process_started, boot_id, pid_namespace].every(isTextOrNull);
};

type Check = (value: unknown) => boolean;
interface Fields {
  required: Record<string, Check>;
  optional: Record<string, Check>;
}

const COMMON: Fields = {
  required: {request_id: isRequestId, requested_at: isTimestamp},
  optional: {session_id: isText, attempt: isNumber, sender: isIdentity},
};

const FIELDS: Record<Ask['kind'], Fields> = {
  pause: {required: {now: isBoolean}, optional: {}},
  cancel: {required: {}, optional: {reason: isText}},
  resume: {required: {}, optional: {}},
  retry: {required: {}, optional: {task_id: isTaskId}},
  redo: {required: {task_id: isTaskId}, optional: {reason: isText, with_dependents: isBoolean}},
  skip: {required: {task_id: isTaskId}, optional: {reason: isText}},
  answer: {required: {task_id: isTaskId, text: isLongText}, optional: {}},
  approve: {
    required: {task_id: isTaskId, deliverables: isDeliverables},
    optional: {phase: isPhase, role: isText, comment: isText},
  },
  reject: {required: {task_id: isTaskId, comment: isLongText}, optional: {phase: isPhase, role: isText}},
  done: {required: {task_id: isTaskId}, optional: {summary: isText}},
};

/** A request that cannot be understood; with its id, if at least that can be read, so that it can be answered. */
export interface NotARequest {
  reason: string;
  request_id?: string;
}

/** Understand the content of a request file. Fields that it should not have are dropped. */
export function parseRequest(text: string): Request | NotARequest {
  const value = parseObject(text);
  if (!value) return {reason: 'it is not a JSON object'};
  const known = isRequestId(value.request_id) ? {request_id: value.request_id as string} : {};
  const kind = String(value.kind);
  if (!Object.hasOwn(FIELDS, kind)) return {reason: `its \`kind\` is unknown: \`${kind.slice(0, 64)}\``, ...known};
  const own = FIELDS[kind as Ask['kind']];
  const required = {...COMMON.required, ...own.required};
  const checks = Object.entries({...COMMON.optional, ...own.optional, ...required});
  const wrong = checks.find(([key, check]) => (key in required || key in value) && !check(value[key]));
  if (wrong) return {reason: `its \`${wrong[0]}\` is missing or wrong`, ...known};
  const kept = checks.filter(([key]) => key in value).map(([key]) => [key, value[key]]);
  return Object.fromEntries([['kind', kind], ...kept]) as Request;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
