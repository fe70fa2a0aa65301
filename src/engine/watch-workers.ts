import type {BlockerType} from '../events/details/blocker.ts';
import type {Execution} from '../execution/execution.ts';
import {resolution} from '../state/blockers.ts';
import {isReady} from '../state/is-ready.ts';
import {taskState} from '../state/milestone.ts';
import type {OutOfReach} from '../workers/roster.ts';

const OF_WORKERS: readonly BlockerType[] = ['workers_unreachable', 'no_worker'];

/** Whether anything of an execution is for workers, or was; else nobody looks for any. */
export function usesWorkers({ledger: {state}, inForce}: Pick<Execution, 'ledger' | 'inForce'>): boolean {
  if (state.sentOut || inForce.checkLabels !== undefined) return true;
  return state.plan.tasks.some(({id}) => inForce.labelsOf(id) !== undefined);
}

/** Look which workers are there: a blocker says which tasks wait for some, and goes when they are there. */
export async function watchWorkers(execution: Execution): Promise<void> {
  const {remote, ledger, ready, lifetime} = execution;
  if (!remote) return;
  if (usesWorkers(execution)) await remote.roster.refresh();
  if (lifetime.ending) return;
  const wanted = missing(execution);
  const {state} = ledger;
  const open = [...state.blockers.values()].filter(({type}) => OF_WORKERS.includes(type));
  const gone = open.filter(({type, driver}) => !wanted.some(one => one.type === type && one.driver === driver));
  const isOpen = (one: OutOfReach) => open.some(({type, driver}) => type === one.type && driver === one.driver);
  const opened = wanted.filter(one => !isOpen(one));
  // What waits and what can start is worked out anew before anybody is woken.
  if (gone.length > 0 || opened.length > 0) ready.rebuild();
  for (const blocker of gone) ledger.record(resolution(state, blocker));
  for (const {type, message, hint, driver} of opened) ledger.openBlocker({type, message, hint, driver});
}

/** Who is missing for tasks that could start, and for attempts and checks that are out. */
function missing({ledger: {state}, inForce, remote, remoteChecks}: Execution): OutOfReach[] {
  const found = new Map<string, OutOfReach>();
  const checking = remoteChecks?.waitsFor && remote?.roster.outOfReach(remoteChecks.waitsFor);
  if (checking) found.set(checking.driver, checking);
  for (const {id} of state.plan.tasks) {
    const task = taskState(state, id);
    const isOut = task.status === 'in_progress' && task.dispatched && task.stage !== 'integrating';
    if (!isOut && !isReady(task, state.unmet.get(id) ?? 0)) continue;
    const labels = isOut ? task.dispatched?.labels : inForce.labelsOf(id);
    const away = labels && remote?.roster.outOfReach(labels);
    if (away) found.set(away.driver, away);
  }
  return [...found.values()];
}
