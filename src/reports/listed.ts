import type {MilestoneId, TaskId} from '../plan/plan.ts';

/** A line of `milestone list`. */
export interface Listed {
  id: MilestoneId;
  title: string;
  status: string;
  percentage: number;
  file: string;
  /** Attempts on other machines, when there are any; `worker` is null until somebody has said that he has it. */
  at_workers?: Array<{task_id: TaskId; attempt: number; worker: string | null}>;
}
