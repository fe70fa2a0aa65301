import type {ConversationChoice} from '../drivers/driver.ts';
import type {DriverChoice} from '../drivers/registry.ts';
import type {Budget, KiroPhase, Task} from '../plan/plan.ts';
import type {NextAttempt} from '../scheduler/next-attempt.ts';
import type {AttemptPlace} from '../workspace/workspace.ts';

/** An attempt that is on record and is to begin. */
export interface PlannedAttempt {
  place: AttemptPlace;
  token: string;
  /** As it is in its phase. */
  task: Task;
  choice: DriverChoice;
  next: NextAttempt;
  conversation: ConversationChoice | undefined;
  /** What it has reserved. */
  budget: Budget;
  /** No driver works: the work of this attempt has passed its gate and is integrated. */
  integrates: number | undefined;
  phase: KiroPhase | undefined;
}
