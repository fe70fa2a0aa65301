// The one entry. Whatever a command needs is loaded when it is called.

import {leaveHungUpTerminal, print, watchOutput} from '../platform/print.ts';
import {version} from '../platform/version.ts';
import {exitCodeOf, failureText} from './failure.ts';
import {READ_PLAN} from './launch/read-plan.ts';

const words = process.argv.slice(2);

watchOutput(reportLost);
leaveHungUpTerminal();

// Node ends as soon as nothing is left to wait for, with 0: also when it is a bug that nothing is.
process.once('exit', reportStranded);
void start().then(() => process.off('exit', reportStranded));

async function start(): Promise<void> {
  if (words[0] === '--version' || words[0] === '-V') return print(`${version}\n`);
  if (words[0] === READ_PLAN) {
    const {answerPlanRequest} = await import('../plan/file/answer-plan-request.ts');
    return answerPlanRequest(process.stdin);
  }
  const {run} = await import('./program.ts');
  return run(process.argv);
}

function reportStranded(code: number): void {
  if (code !== 0) return;
  console.error('error: this is a bug in milestone: it waits for what never comes');
  process.exitCode = 1;
}

/** An answer that did not arrive is none; the exit code of an execution is about what it did, not what it printed. */
function reportLost(failure: unknown): void {
  console.error(failureText(failure));
  if (!isExecution(words)) process.once('exit', () => (process.exitCode ||= exitCodeOf(failure)));
}

/**
 * Whether a command line carries out a plan in this process. Such a command reads its plan in a process of its own; a
 * dry run reads it itself.
 */
function isExecution([command, ...words]: readonly string[]): boolean {
  return (
    (command === 'execute' || command === 'resume') &&
    !words.some(word => /^--(?:dry-run|plan|help|detach)$/.test(word))
  );
}
