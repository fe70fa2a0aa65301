import type {TaskId} from '../../plan/plan.ts';

/** Checks that are not of one attempt alone. */
export interface ChecksEvents {
  /** Checks of `tip` are to be sent to a worker, as `attempt_dispatched`; `asked` tells them from others. */
  checks_dispatched: {
    about: ChecksPurpose;
    tip: string;
    job: string;
    queue: string;
    labels: string[];
    asked: string;
  };
  baseline_checked: {head: string; ok: boolean; checks: CheckResult[]};
  /** A task's own check, red after an attempt, was run on the commit that the attempt started from. */
  check_compared: {task_id: TaskId; attempt: number; base: string; check: CheckResult};
  /** Works of the merge queue are laid on `onto`, one after the other up to `tip`, and are checked together. */
  round_started: {onto: string; tip: string; tasks: TaskId[]};
  round_checked: {onto: string; tip: string; tasks: TaskId[]; ok: boolean; checks: CheckResult[]};
  final_checked: {head?: string; ok: boolean; checks: CheckResult[]};
}

/** One check as it was run. */
export interface CheckResult {
  name: 'task' | 'milestone' | 'phase' | 'review' | 'baseline' | 'final' | 'setup' | 'teardown';
  command: string;
  ok: boolean;
  exit_code: number | null;
  duration_ms: number;
  /** Red, then green on the same tree. */
  flaky?: boolean;
  /** The end of what it printed, when it is red. */
  output_tail?: string;
}

/** What checks of the merge queue are for: its rounds, the base, the end, or what a task's own check says of its base. */
export type ChecksPurpose = 'round' | 'baseline' | 'final' | 'compared';
