import type {Where} from '../errors.ts';
import type {MilestoneId} from '../plan/plan.ts';

/**
 * What a look at everything has found. `error`: nothing goes on right until somebody acts. `warning`: the next
 * `execute` or `resume` copes with it, or it may matter one day. `note`: worth knowing.
 */
export interface Finding {
  severity: 'error' | 'warning' | 'note';
  code: FindingCode | (string & {});
  message: string;
  /** One command or edit that helps. */
  hint?: string;
  milestone_id?: MilestoneId;
  where?: Where;
  /** `doctor --repair` mends it. */
  repairable?: true;
}

/** What is found besides the problems of plans. */
export type FindingCode =
  | 'NODE_TOO_OLD'
  | 'GIT_MISSING'
  | 'GIT_TOO_OLD'
  | 'NOT_A_REPOSITORY'
  | 'HOME_NOT_WRITABLE'
  | 'HOME_NOT_IGNORED'
  | 'DISK_LOW'
  | 'AGENT_FOUND'
  | 'AGENT_MISSING'
  | 'PLAN_GONE'
  | 'PLAN_FILE_BEHIND'
  | 'MOVE_UNFINISHED'
  | 'LOCK_HELD'
  | 'LOCK_DEAD'
  | 'LOCK_UNKNOWN'
  | 'LOG_DAMAGED'
  | 'LOG_TORN'
  | 'LOG_LOST'
  | 'LOG_ELSEWHERE'
  | 'LOG_SHORTENED'
  | 'COMPLETION_LOST'
  | 'BRANCH_GONE'
  | 'COMMIT_NOT_ON_BRANCH'
  | 'WORK_KEPT'
  | 'PROCESSES_LEFT'
  | 'SLOTS_LEFT'
  | 'SLOT_STRAY'
  | 'SLOT_FOREIGN'
  | 'SLOT_GONE'
  | 'SLOT_UNFINISHED'
  | 'GIT_LOCK_LEFT'
  | 'REQUESTS_WAITING'
  | 'JUNK_LEFT'
  | 'CACHE_STALE'
  | 'CACHE_NOT_WRITABLE';
