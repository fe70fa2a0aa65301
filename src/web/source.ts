import type {KiroPhase, MilestoneId, TaskId} from '../plan/plan.ts';
import type {Ask} from '../requests/request.ts';

/** What the pages show: the answers that the commands give as JSON, and the files beside them. */
export interface WebSource {
  /** As `list --json`, and what needs a person. */
  list(): Promise<object>;
  /** Another text whenever the list may be another one. */
  stamp(): string;
  /** As `status --json`. */
  status(id: MilestoneId): Promise<object>;
  /** As `report --json`. */
  report(id: MilestoneId): Promise<object>;
  /** As `show --json`, with what waits for a person. */
  task(id: MilestoneId, task: TaskId): Promise<object>;
  /** What a phase has left behind, as it is now. */
  documents(id: MilestoneId, task: TaskId, phase: KiroPhase): Promise<object>;
  /** What somebody was asked to let through, with all that he has to know. */
  approval(id: MilestoneId, task: TaskId, phase: KiroPhase): Promise<object>;
  /** As `diff --json`, or the same of the work of one attempt. */
  diff(id: MilestoneId, task: TaskId, attempt?: number): Promise<object>;
  /** What an attempt was told. */
  prompt(id: MilestoneId, task: TaskId, attempt: number): Promise<object>;
  eventLog(id: MilestoneId): string;
  attemptLog(id: MilestoneId, task: TaskId, attempt: number): string;
  /** Have a request answered, as the commands do. */
  ask(id: MilestoneId, what: Ask): Promise<object>;
  /** What a failure is called. */
  describe(failure: unknown): {code: string; message: string};
}
