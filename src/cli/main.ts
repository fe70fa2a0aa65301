// The one entry. Whatever a command needs is loaded when it is called.

import {createRequire} from 'node:module';
import {print, watchOutput} from '../platform/print.ts';
import {leaveHungUpTerminal} from '../platform/processes/hung-up-terminal.ts';
import {exitCodeOf, failureText} from './failure.ts';
import {isExecution} from './launch/is-execution.ts';
import {READ_PLAN} from './launch/plan-reader.ts';
import {version} from './version.ts';

// Libraries in CommonJS ask for node's own modules by it.
globalThis.require ??= createRequire(import.meta.url);

const words = process.argv.slice(2);

watchOutput(reportLost);
// A reader that goes away (`2>&1 | head -1`) or a terminal that closes must not end an execution.
process.stderr.on('error', () => {});
leaveHungUpTerminal();

if (words[0] === '--version' || words[0] === '-V') {
  print(`${version}\n`);
} else if (words[0] === READ_PLAN) {
  const {answerPlanRequest} = await import('../plan/file/answer-plan-request.ts');
  await answerPlanRequest(process.stdin);
} else if (words.length === 0 && (await hasMilestones())) {
  const {attention} = await import('./commands/attention.ts');
  await attention();
} else {
  const {run} = await import('./program.ts');
  await run(process.argv);
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
