import {checksOf, recordChecks, redCheck} from '../attempt/verify.ts';
import type {Check} from '../drivers/run-checks.ts';
import type {CheckResult, Outcome} from '../events/event.ts';
import type {CheckGroup} from '../execution/checks.ts';
import type {Execution} from '../execution/execution.ts';
import {isKiro} from '../plan/kiro-plan.ts';
import type {Task, TaskId} from '../plan/plan.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import {type Branch, SetupFailed} from '../workspace/workspace.ts';
import type {Laid, Stack} from './lay-works.ts';

/** What the checks of a round came to. */
export type Verdict =
  | {kind: 'green'}
  /** `red`: the commands that were, as `concerns` knows them. `outcome`: how one alone ends for it. */
  | {kind: 'red'; red: readonly string[]; outcome: Outcome}
  /** Nothing is known. */
  | {kind: 'stopped'};

type Checker = Pick<Execution, 'checks' | 'inForce' | 'ledger' | 'workspace'>;

/**
 * Check works together, as they lie on each other, and put on record what comes out: the checks of all of them, each
 * command once. One alone on the very commit that its own checks have seen it on needs none.
 */
export async function checkRound(
  execution: Checker,
  {branch, stack, signal}: {branch: Branch; stack: Stack; signal: StopSignal},
): Promise<Verdict> {
  const {laid, onto, tip} = stack;
  const groups = groupsOf(execution, laid);
  if (groups.length === 0 || isChecked(stack)) return {kind: 'green'};
  const folder = await checkOut(branch, stack);
  if (signal.aborted) return {kind: 'stopped'};
  const tasks = laid.map(({place}) => place.taskId);
  execution.ledger.recordSoon({event: 'round_started', details: {onto, tip, tasks}});
  const ran = typeof folder === 'string' ? await runIn(execution, groups, {cwd: folder, laid, signal}) : folder;
  if (signal.aborted) return {kind: 'stopped'};
  const {outcome} = ran;
  execution.ledger.record({
    event: 'round_checked',
    details: {onto, tip, tasks, ok: outcome === undefined, checks: [...ran.results.values()]},
  });
  if (!outcome || laid.length === 1) recordOf(execution, laid, ran.results);
  if (!outcome) return {kind: 'green'};
  return {kind: 'red', red: [...ran.results].flatMap(([key, {ok}]) => (ok ? [] : key)), outcome};
}

/** Whether a command that was red is one of a task's checks. */
export function concerns(execution: Pick<Execution, 'inForce'>, id: TaskId, command: string): boolean {
  return command === SETUP || checksOf(execution, id).some(check => keyOf(execution, check) === command);
}

/** Where what is red is no check but what makes the folder for it. */
const SETUP = 'setup';

interface Ran {
  /** By the command, as `keyOf` names it. */
  results: ReadonlyMap<string, CheckResult>;
  /** When something was red. */
  outcome: Outcome | undefined;
}

function isChecked({laid: [first, ...others], onto}: Stack): boolean {
  return others.length === 0 && first?.work?.base === onto;
}

/** What belongs to one task prints to its log; what all share, to none of theirs. */
function groupsOf(execution: Pick<Execution, 'inForce'>, laid: readonly Laid[]): CheckGroup[] {
  const known = new Set<string>();
  const own: CheckGroup[] = [];
  const shared: Check[] = [];
  for (const {place} of laid) {
    const checks = checksOf(execution, place.taskId).filter(check => {
      const isNew = !known.has(keyOf(execution, check));
      known.add(keyOf(execution, check));
      return isNew;
    });
    const isAlone = laid.length === 1;
    own.push({place, checks: checks.filter(({name}) => isAlone || name === 'task')});
    if (!isAlone) shared.push(...checks.filter(({name}) => name !== 'task'));
  }
  return [...own, {place: undefined, checks: shared}].filter(({checks}) => checks.length > 0);
}

function keyOf({inForce}: Pick<Execution, 'inForce'>, {command, shell = inForce.settings.shell}: Check): string {
  return `${shell} ${command}`;
}

/** @returns The folder, or what kept it from being made. */
function checkOut(branch: Branch, {tip}: Stack): Promise<string | Ran> {
  return branch.checkOutCommit(tip).catch(error => {
    if (!(error instanceof SetupFailed)) throw error;
    const {outcome} = error;
    const {exit_code = null, output_tail} = outcome.kind === 'failed' ? outcome : {};
    const said = output_tail === undefined ? {} : {output_tail};
    const result = {name: 'setup' as const, command: outcome.message, ok: false, exit_code, duration_ms: 0, ...said};
    return {outcome, results: new Map([[SETUP, result]])};
  });
}

async function runIn(
  execution: Checker,
  groups: readonly CheckGroup[],
  {cwd, laid, signal}: {cwd: string; laid: readonly Laid[]; signal: StopSignal},
): Promise<Ran> {
  const {taskById} = execution.ledger.state;
  const keepsOutput = laid.some(({place}) => isKiro(taskById.get(place.taskId) as Task));
  const ran = await execution.checks.runBeside(groups, {slot: execution.workspace.mergeSlot, cwd, signal, keepsOutput});
  const results = new Map<string, CheckResult>();
  for (const [place, {checks}] of groups.entries())
    for (const [number, check] of checks.entries()) {
      const result = ran[place]?.[number];
      if (result) results.set(keyOf(execution, check), result);
    }
  return {results, outcome: redCheck([...results.values()])};
}

/** What it comes to for each task: only green ones, or those of one alone, say something of it. */
function recordOf(
  execution: Pick<Execution, 'inForce' | 'ledger'>,
  laid: readonly Laid[],
  results: ReadonlyMap<string, CheckResult>,
): void {
  for (const {place} of laid) {
    const checks = checksOf(execution, place.taskId).flatMap(check => results.get(keyOf(execution, check)) ?? []);
    if (checks.length > 0) recordChecks(execution, place, 'merged', checks);
  }
}
