import {loadTaskPrompt} from '../attempt/agent-prompts.ts';
import {loadReview} from '../attempt/review.ts';
import type {Execution} from '../execution/execution.ts';
import {loadExeca} from '../platform/processes/load-execa.ts';

/** Load what will be needed later, as far as the plan says so now; the rest comes when it is needed. */
export async function loadAhead(execution: Execution): Promise<void> {
  const {settings} = execution;
  const {tasks} = execution.state.plan;
  const [first] = tasks;
  const runsChecks =
    settings.verifyFinal !== undefined ||
    settings.workspace.setup !== undefined ||
    (first && execution.settingsOf(first.id).milestoneVerify) !== undefined ||
    tasks.some(({verify}) => verify !== undefined);
  const runsAgents = tasks.some(({run}) => run === undefined);
  const parts = [
    ...(runsChecks || runsAgents ? [loadExeca()] : []),
    ...(runsAgents ? [loadTaskPrompt(), loadReview()] : []),
  ];
  await Promise.allSettled(parts); // where it is needed, a failure is told
}
