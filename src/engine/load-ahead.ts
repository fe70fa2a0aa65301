// Parts of the program that only some executions need. Each is loaded once, from here: whoever updates the program
// meanwhile takes its files away, and a part that was loaded in another place would be looked for anew.

import type {Execution} from '../execution/execution.ts';

/** To run commands: checks, setups, notifications. */
export const loadExeca = once(() => import('execa'));
/** To tell a coding agent what to do. */
export const loadTaskPrompt = once(() => import('../prompts/task-prompt.ts'));
/** To read what a reviewer says. */
export const loadReview = once(() => import('../prompts/review.ts'));

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

function once<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let part: Promise<Part> | undefined;
  return () => {
    part ??= load();
    return part;
  };
}
