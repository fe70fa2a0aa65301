import type {MilestoneId, TaskId} from '../plan/plan.ts';
import type {Ask} from '../requests/request.ts';

/** What the pages show: the answers that the commands give as JSON, and the files beside them. */
export interface WebSource {
  /** As `list --json`, and what needs a person. */
  list(): Promise<object>;
  /** As `status --json`. */
  status(id: MilestoneId): Promise<object>;
  /** As `report --json`. */
  report(id: MilestoneId): Promise<object>;
  /** As `show --json`, with what waits for approval. */
  task(id: MilestoneId, task: TaskId): Promise<object>;
  /** As `diff --json`. */
  diff(id: MilestoneId, task: TaskId): Promise<object>;
  eventLog(id: MilestoneId): string;
  attemptLog(id: MilestoneId, task: TaskId, attempt: number): string;
  /** Have a request answered, as the commands do. */
  ask(id: MilestoneId, what: Ask): Promise<object>;
  /** What a failure is called. */
  describe(failure: unknown): {code: string; message: string};
}
