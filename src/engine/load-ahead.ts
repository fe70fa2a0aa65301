import type {Execution} from './execution.ts';

/**
 * Load now what will be needed only later: whoever updates the program meanwhile takes the files of this one away. What
 * an edit of the plan asks for comes when it comes.
 */
export function loadAhead(execution: Execution): void {
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
    ...(runsChecks ? [import('execa')] : []),
    ...(runsAgents ? [import('execa'), import('../prompts/task-prompt.ts'), import('../prompts/review.ts')] : []),
  ];
  // Where it is needed, a failure to load is told.
  for (const part of parts) part.catch(() => undefined);
}
