import type {KiroPhase, TaskId} from '../../plan/plan.ts';
import type {Timestamp} from '../timestamp.ts';
import type {CheckResult} from './checks.ts';
import type {Outcome} from './outcome.ts';

/** An attempt from its start to its end, and what becomes of its task. */
export interface AttemptEvents {
  task_started: {
    task_id: TaskId;
    attempt: number;
    /** `BY_HAND` for a person's work. */
    slot: number;
    /** Where a coding agent works: what it says later on names files there. */
    folder?: string;
    token: string;
    driver: string;
    /** Whose login and quota it uses, where `driver` is another name for it. */
    provider?: string;
    /** Of a kiro task. */
    phase?: KiroPhase;
    /** Known before the start: chosen for the agent, or that of an earlier attempt. */
    conversation?: string;
    /** Attempt whose work it starts from. */
    continues?: number;
    /** No driver works: what an earlier attempt has left is integrated, now that it may be. */
    integrates?: number;
  };
  task_conversation: {task_id: TaskId; attempt: number; conversation: string};
  /**
   * It is to be sent to a worker that carries the labels. `job`: what it is called there, in which `queue`; `ref`: what the
   * names of all refs begin with to which its work may be pushed. `lives_at`: where the conversation is that it goes on with.
   */
  attempt_dispatched: {
    task_id: TaskId;
    attempt: number;
    job: string;
    queue: string;
    ref: string;
    labels: string[];
    lives_at?: LivesAt;
  };
  /** With `worker`, the process is on that machine; `lives_at`: where its agent's conversation will be found again. */
  task_working: {
    task_id: TaskId;
    attempt: number;
    pid: number;
    process_started: string | null;
    worker?: string;
    lives_at?: LivesAt;
  };
  task_claimed: {task_id: TaskId; attempt: number; result: Claim; delivered?: Delivered};
  /** What an attempt's work, as it is checked and integrated, does to tests that were there; only if it does. */
  tests_removed: {task_id: TaskId; attempt: number; files: RemovedTest[]};
  task_verified: {
    task_id: TaskId;
    attempt: number;
    on: 'worktree' | 'merged';
    ok: boolean;
    checks: CheckResult[];
  };
  /**
   * Its work is checked and let through, and waits to be merged: it needs no place any more. `commit`: the work, as it was
   * frozen; absent where it is on the branch already, or there is none.
   */
  task_queued: {task_id: TaskId; attempt: number; commit?: string};
  /** `tip`: what the branch moves to, together with the others of its round; absent in logs of earlier versions. */
  task_integrating: {task_id: TaskId; attempt: number; commit: string; onto: string; tip?: string};
  /** `tip`: where the branch stands with its commit and those that were integrated together with it. */
  task_completed: {
    task_id: TaskId;
    attempt: number;
    commit?: string;
    checked: boolean;
    tip?: string;
    adopted?: boolean;
  };
  attempt_ended: {task_id: TaskId; attempt: number; outcome: Outcome; denials?: Denial[]};
  task_retry_scheduled: {task_id: TaskId; attempt: number; retry_at: Timestamp; alone?: boolean};
  task_failed: {task_id: TaskId; attempt: number; cause: string; message: string};
  task_skipped: {task_id: TaskId; reason?: string};
  task_reset: {task_id: TaskId; reason: string};
}

/** What a driver says when its work is done; a claim, never a proof. */
export interface Claim {
  summary?: string;
  assumptions?: string[];
  /** Why the claim is taken with care: no structured result, or a broken one. */
  warning?: string;
  /** Tools that it was not allowed to use. */
  denials?: Denial[];
}

/** A tool that an agent wanted and was not allowed to use. */
export interface Denial {
  tool: string;
  /** What it wanted to do with it, shortened. */
  input: string;
  /** The entry for `allow` that would permit it. */
  allow: string;
}

/** Tests of one file that an attempt deleted, took away, or keeps from running. */
export interface RemovedTest {
  /** Relative to the top of the repository. */
  file: string;
  change: 'deleted' | 'removed' | 'skipped';
  /** Of a deleted file all, else those that began a test, or that skip one. */
  lines: number;
  /** The first tests that are gone, or lines that skip, shortened. */
  cases: string[];
}

/** What a worker handed in of an attempt: the one commit that counts, whatever its ref says later. */
export interface Delivered {
  /** Name of the worker. */
  worker: string;
  /** Number of the delivery, counted from 0, that was the last to hold the job. */
  delivery: number;
  ref: string;
  commit: string;
  /** Commit that the work was made on. */
  base: string;
  /** Run by the worker on exactly this work. */
  checks: CheckResult[];
  /** Tells the checks that it was told to run from others. */
  asked: string;
}

/** Where a conversation lives that was begun at a worker: its own queue, and the slot there, with the folder. */
export interface LivesAt {
  queue: string;
  slot: number;
  folder: string;
}

/** What stands for a slot in the log where a person works. */
export const BY_HAND = -1;
