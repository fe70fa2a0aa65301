import type {Timestamp} from '../timestamp.ts';

/** How an attempt ended without completing its task. `message` is for people, `kind` and `cause` decide. */
export type Outcome =
  /** `output_tail`: the end of what a command printed. */
  | {
      kind: 'failed';
      cause: FailureCause;
      message: string;
      exit_code?: number;
      signal?: string;
      output_tail?: string;
      /** What it changed and may not. */
      files?: string[];
      /** Its own check was red in the same way before any work; `cannot_run`: no work can change that. */
      red_before?: 'same' | 'cannot_run';
    }
  | {kind: 'conflict'; message: string; files: string[]}
  /** `worker_lost`: the worker that had it is not heard of any more. */
  | {kind: 'interrupted'; message: string; executor_died: boolean; worker_lost?: true}
  | {kind: 'cancelled'; message: string}
  | {kind: 'driver_missing'; message: string; hint?: string}
  /** The provider is busy. `driver`, here and below: the reviewer's, when it is he who met it. */
  | {kind: 'overload'; message: string; driver?: string}
  /**
   * The provider's quota is used up, `resets_at` (ISO 8601) if it says until when. `guessed`: told from common words in what a
   * program printed, which may as well be the work that speaks of limits.
   */
  | {kind: 'quota'; message: string; resets_at?: Timestamp; driver?: string; guessed?: true}
  /** Not logged in. `hint` names the command that does it. */
  | {kind: 'auth'; message: string; hint: string; driver?: string}
  /** `message` is what the agent asks. */
  | {kind: 'question'; message: string}
  | {kind: 'budget'; message: string};

export type FailureCause =
  | 'exit'
  | 'check'
  | 'agent'
  | 'review'
  | 'setup'
  | 'timeout'
  | 'stalled'
  | 'denied'
  | 'out_of_area';
