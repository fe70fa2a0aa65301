// Where bin/milestone.js goes on with all that it has no quick answer to.

import {watchOutput} from '../platform/print.ts';
import {leaveHungUpTerminal} from '../platform/processes/hung-up-terminal.ts';
import {exitCodeOf, failureText} from './failure.ts';
import {isExecution} from './launch/is-execution.ts';

const words = process.argv.slice(2);

watchOutput(reportLost);
leaveHungUpTerminal();
if (words.length === 0 && (await hasMilestones())) {
  const {attention} = await import('./launch/quick-status.ts');
  await attention();
} else {
  const reader = isExecution(words) ? await import('./launch/plan-reader.ts') : undefined;
  if (reader) (await import('../platform/v8-tuning.ts')).optimiseLate();
  const {run} = await import('./program.ts');
  await run(process.argv);
  await reader?.endPlanReader();
}

/** The command alone shows how things stand, where there is anything to show. */
async function hasMilestones(): Promise<boolean> {
  const [{findHome, homePaths}, {knownMilestones}] = await Promise.all([
    import('../plan/file/home.ts'),
    import('../milestone/find-milestone.ts'),
  ]);
  const home = findHome(process.cwd());
  return home !== undefined && knownMilestones(homePaths(home)).length > 0;
}

/** An answer that did not arrive is none; the exit code of an execution is about what it did, not what it printed. */
function reportLost(failure: unknown): void {
  console.error(failureText(failure));
  if (!isExecution(words)) process.once('exit', () => (process.exitCode ||= exitCodeOf(failure)));
}
