// A task's own check may well be red before its work: that is what the work is for. But one that is red in the very same
// way before and after says nothing about the work:
//
//   its program is not there (126, 127, by a bare name)   no other try: no work on the tree can change that
//   the same exit code and the same words                 one more try, in case it was the work that was missing
//   anything else                                         as any red check
//
// It is looked at when it is red after the work of a coding agent, so that what is green costs no second run.

import type {CheckResult} from '../events/details/checks.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import type {TaskId} from '../plan/plan.ts';
import {firstLine} from '../platform/first-line.ts';
import {taskState} from '../state/milestone.ts';
import type {AttemptId} from '../state/task.ts';
import type {AttemptPlace, FrozenWork} from '../workspace/workspace.ts';
import {checkHead} from './check-head.ts';

type Failed = Extract<Outcome, {kind: 'failed'}>;

/** How an attempt ends whose own check is red, told from what the check says of the commit that it started from. */
export async function comparedWithBase(
  execution: Execution,
  place: AttemptPlace,
  {red, checks, work}: {red: Outcome; checks: readonly CheckResult[]; work: FrozenWork | undefined},
): Promise<Outcome> {
  const after = checks.find(check => !check.ok);
  if (after?.name !== 'task' || !work || red.kind !== 'failed') return red;
  if (execution.inForce.taskOf(place.taskId).run !== undefined) return red;
  const before = await checkBase(execution, place, {after, base: work.base});
  return before ? withVerdict(red, compare(before, after), after) : red;
}

async function checkBase(
  execution: Execution,
  {taskId: task_id, attempt}: AttemptId,
  {after, base}: {after: CheckResult; base: string},
): Promise<CheckResult | undefined> {
  const known = taskState(execution.ledger.state, task_id).history.before;
  if (known?.base === base && known.check.command === after.command) return known.check;
  const {taskVerify: command} = execution.inForce.settingsOf(task_id);
  if (command === undefined) return undefined;
  // Where it was red: another machine may see it differently.
  const where = {about: 'compared', labels: labelsOfWork(execution, task_id)} as const;
  const checks = await execution.mergeQueue.run(() => checkHead(execution, {name: 'baseline', command}, base, where));
  const check = checks?.[0];
  if (check) execution.ledger.record({event: 'check_compared', details: {task_id, attempt, base, check}});
  return check;
}

/** Labels of the worker that has checked an attempt's work; undefined where that was done here. */
function labelsOfWork({ledger}: Pick<Execution, 'ledger'>, id: TaskId): readonly string[] | undefined {
  const {delivered, dispatched} = runningTask(ledger.state, id);
  return delivered && dispatched?.labels;
}

/** Undefined when they are red in different ways. */
export function compare(before: CheckResult, after: CheckResult): Failed['red_before'] {
  if (before.ok || before.exit_code !== after.exit_code) return undefined;
  if (wordsOf(before) !== wordsOf(after)) return undefined;
  const isMissing = after.exit_code === 126 || after.exit_code === 127;
  return isMissing && !NAMES_A_FILE.test(after.output_tail ?? '') ? 'cannot_run' : 'same';
}

/** `./check.sh: not found`: the work may have to make it. */
const NAMES_A_FILE = /\S*\/\S*: (?:command )?(?:not found|no such file|permission denied)/i;
/** Of what it printed last; the cut goes through another place where times and paths differ. */
const COMPARED = 1_000;

/** Times, counts and the number of the slot differ from run to run. */
function wordsOf({output_tail = ''}: CheckResult): string {
  return output_tail.replace(/\d+/g, '').trim().slice(-COMPARED);
}

function withVerdict(red: Failed, verdict: Failed['red_before'], {output_tail = ''}: CheckResult): Outcome {
  if (verdict === undefined) return red;
  const said = firstLine(output_tail);
  const how = `it fails in the same way before any work${said === '' ? '' : ` (${said})`}`;
  return {...red, red_before: verdict, message: `${red.message}; ${how}`};
}
