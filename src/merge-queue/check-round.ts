import {checksOf, recordChecks, redCheck} from '../attempt/verify.ts';
import type {Check} from '../drivers/run-checks.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Outcome} from '../events/details/outcome.ts';
import type {CheckGroup} from '../execution/checks.ts';
import type {Execution} from '../execution/execution.ts';
import type {RemoteChecks} from '../execution/remote-checks.ts';
import type {TaskId} from '../plan/plan.ts';
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

type Checker = Pick<Execution, 'checks' | 'inForce' | 'ledger' | 'remoteChecks' | 'workspace'>;

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
  const tasks = laid.map(({place}) => place.taskId);
  const begin = () => execution.ledger.recordSoon({event: 'round_started', details: {onto, tip, tasks}});
  const ran = await run(execution, groups, {branch, stack, signal, begin});
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

interface Setting {
  branch: Branch;
  stack: Stack;
  signal: StopSignal;
  /** Put on record that they run now. */
  begin(): void;
}

async function run(execution: Checker, groups: readonly CheckGroup[], setting: Setting): Promise<Ran> {
  const labels = labelsOf(execution, setting.stack);
  try {
    const ran = labels
      ? await runAway(execution, groups, {...setting, labels})
      : await runHere(execution, groups, setting);
    return ranOf(execution, groups, ran);
  } catch (error) {
    if (error instanceof SetupFailed) return failedSetup(error);
    throw error;
  }
}

/** Of the worker that checks a round; undefined where that is done here, as of all that has documents here. */
function labelsOf({inForce, ledger: {state}}: Checker, {laid}: Stack): readonly string[] | undefined {
  return laid.some(({place}) => state.kiroTasks.has(place.taskId)) ? undefined : inForce.checkLabels;
}

async function runHere(
  execution: Checker,
  groups: readonly CheckGroup[],
  {branch, stack: {tip, laid}, signal, begin}: Setting,
): Promise<CheckResult[][]> {
  const cwd = await branch.checkOutCommit(tip);
  if (signal.aborted) return [];
  begin();
  const keepsOutput = laid.some(({place}) => execution.ledger.state.kiroTasks.has(place.taskId));
  return execution.checks.runBeside(groups, {slot: execution.workspace.mergeSlot, cwd, signal, keepsOutput});
}

function runAway(
  {remoteChecks}: Checker,
  groups: readonly CheckGroup[],
  {stack: {laid, onto, tip}, signal, begin, labels}: Setting & {labels: readonly string[]},
): Promise<CheckResult[][]> {
  begin();
  // Works that are laid on each other once more make another commit of the same.
  const content = [onto, ...laid.flatMap(({work}) => work?.commit ?? [])];
  return (remoteChecks as RemoteChecks).run({about: 'round', groups, tip, content, labels, signal});
}

function ranOf(
  execution: Pick<Execution, 'inForce'>,
  groups: readonly CheckGroup[],
  ran: readonly (readonly CheckResult[])[],
): Ran {
  const results = new Map<string, CheckResult>();
  for (const [place, {checks}] of groups.entries())
    for (const [number, check] of checks.entries()) {
      const result = ran[place]?.[number];
      if (result) results.set(keyOf(execution, check), result);
    }
  return {results, outcome: redCheck([...results.values()])};
}

function failedSetup({outcome}: SetupFailed): Ran {
  const {exit_code = null, output_tail} = outcome.kind === 'failed' ? outcome : {};
  const said = output_tail === undefined ? {} : {output_tail};
  const result = {name: 'setup' as const, command: outcome.message, ok: false, exit_code, duration_ms: 0, ...said};
  return {outcome, results: new Map([[SETUP, result]])};
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
