import {createHash} from 'node:crypto';
import type {Check} from '../drivers/run-checks.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {CheckSetting} from '../execution/checks.ts';
import type {Execution} from '../execution/execution.ts';
import {runningTask} from '../execution/running-task.ts';
import {isKiro} from '../plan/kiro-plan.ts';
import type {Task, TaskId} from '../plan/plan.ts';
import {firstLine} from '../platform/first-line.ts';
import {exitCodeText} from '../platform/processes/start-group.ts';
import type {AttemptId} from '../state/task.ts';
import type {AttemptPlace} from '../workspace/workspace.ts';

/** The checks that an attempt's work has to pass. */
export function checksOf(execution: Pick<Execution, 'inForce'>, id: TaskId): Check[] {
  const {taskVerify, milestoneVerify, shell} = execution.inForce.settingsOf(id);
  return [
    ...(taskVerify === undefined ? [] : [{name: 'task' as const, command: taskVerify, shell}]),
    ...(milestoneVerify === undefined ? [] : [{name: 'milestone' as const, command: milestoneVerify}]),
  ];
}

/** Tells these checks from others. */
export function checksKey(checks: readonly Check[]): string {
  return createHash('sha256').update(JSON.stringify(checks)).digest('hex').slice(0, 16);
}

/** Run the checks of an attempt and put their results on record; none are left when it was stopped. */
export async function verify(
  execution: Pick<Execution, 'checks' | 'inForce' | 'ledger' | 'workspace'>,
  place: AttemptPlace,
  where: {on: 'worktree' | 'merged'} & Pick<CheckSetting, 'cwd' | 'signal' | 'vacates'>,
): Promise<CheckResult[]> {
  const {on, ...setting} = where;
  const {signal} = setting;
  const checks = checksOf(execution, place.taskId);
  if (checks.length === 0) return [];
  const {delivered} = runningTask(execution.ledger.state, place.taskId);
  if (delivered && on === 'worktree') {
    if (!signal.aborted) recordChecks(execution, place, on, delivered.checks);
    return delivered.checks;
  }
  const {mergeSlot} = execution.workspace;
  const slot = on === 'worktree' ? (place.slot ?? mergeSlot) : mergeSlot;
  const keepsOutput = isKiro(execution.ledger.state.taskById.get(place.taskId) as Task);
  const results = await execution.checks.run(checks, {...setting, place, slot, keepsOutput});
  if (!signal.aborted) recordChecks(execution, place, on, results);
  return results;
}

/** Put results of checks on record. */
export function recordChecks(
  execution: Pick<Execution, 'ledger'>,
  {taskId: task_id, attempt}: AttemptId,
  on: 'worktree' | 'merged',
  checks: CheckResult[],
): void {
  const ok = checks.every(check => check.ok);
  execution.ledger.record({event: 'task_verified', details: {task_id, attempt, on, ok, checks}});
}

/** How an attempt ends whose checks are red; undefined when they are not. */
export function redCheck(checks: readonly CheckResult[]): Outcome | undefined {
  const red = checks.find(check => !check.ok);
  if (!red) return undefined;
  const how = red.exit_code === null ? 'did not end in time' : `failed with ${exitCodeText(red.exit_code)}`;
  return {
    kind: 'failed',
    cause: 'check',
    message: `did not pass its check: \`${firstLine(red.command)}\` ${how}`,
    ...(red.exit_code !== null && {exit_code: red.exit_code}),
  };
}
