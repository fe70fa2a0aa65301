import path from 'node:path';
import {type DriverChoice, DriverSet} from '../../drivers/registry.ts';
import {refuseUnlessStartable, type WouldStart} from '../../engine/may-start.ts';
import {labelsFor, type WhereFacts} from '../../engine/where-problems.ts';
import {MilestoneError} from '../../errors.ts';
import {findCommonDir} from '../../git/common-dir.ts';
import {readExecutor} from '../../lock/executor.ts';
import {isInTheWay, lockedError} from '../../lock/lock-holder.ts';
import {explainNoAgent} from '../../milestone/no-agent.ts';
import {missingRequirements} from '../../plan/file/requirements.ts';
import type {MilestoneId, Problem, Task, TaskId} from '../../plan/plan.ts';
import {type Selection, selectTasks} from '../../plan/selection.ts';
import {resolveMilestoneSettings} from '../../plan/settings.ts';
import {type Uncommitted, uncommittedText} from '../../reports/uncommitted.ts';
import {uncheckedCommands, type WillStop, willStop} from '../../reports/will-stop.ts';
import {type DryRunOptions, type DryRunPlan, missingDrivers, planDryRun} from '../../scheduler/rehearse.ts';
import {brokenPlan, firstOf, thenResume} from '../../scheduler/what-remains.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {dryRunMarkdown} from '../../terminal/dry-run-markdown.ts';
import {type DryRunFacts, dryRunText} from '../../terminal/dry-run-text.ts';
import {choosePaint} from '../../terminal/paint.ts';
import {describeFailure} from '../failure.ts';
import {readPlanHere} from '../launch/plan-reader.ts';
import {shownPosition} from '../shown-path.ts';
import {type Foreseen, foreseeState, readFiles} from './foresee-state.ts';

export interface DryRunFlags {
  home: string;
  id: MilestoneId;
  command: 'execute' | 'resume';
  selection: Selection;
  adopt: boolean;
  takeOver: boolean;
  noGit: boolean;
  maxParallel?: number;
  gates?: 'wait' | 'auto';
  yolo: boolean;
  json: boolean;
  format?: 'text' | 'md' | 'json';
}

/**
 * `execute --dry-run` and `resume --plan`: say what would run. Changes nothing, and starts nothing but git,
 * to read.
 * @returns The exit code: 0 when it could run.
 * @throws {MilestoneError} what keeps the milestone from being looked at, or what it is restricted to from being understood.
 */
export async function dryRun(flags: DryRunFlags): Promise<number> {
  const files = await readFiles(flags);
  const found = foreseeState(files, flags);
  if (found instanceof MilestoneError) {
    if (!flags.json) throw found;
    return answer({problems: files.problems}, found);
  }
  const {state, paths} = found;
  const {config} = files.read;
  const drivers = new DriverSet({drivers: config.drivers, env: process.env});
  const {refusal, start} = await judge(found, flags);
  const problems = [...found.problems, ...(start.problems ?? []), ...staffProblems(found, drivers)];
  const settings = resolveMilestoneSettings(state.plan.settings, config.settings);
  const maxParallel = flags.maxParallel ?? settings.maxParallel;
  const driver = state.plan.settings.driver ?? config.settings?.driver ?? drivers.defaultName;
  const isInGit = findCommonDir(path.dirname(paths.home)) !== undefined;
  const where: WhereFacts = {
    config,
    drivers,
    isolation: {activated: start.isolation ?? state.activation?.isolation, isInGit},
  };
  const goesOut = (task: Task) => labelsFor(task, state.plan, where) !== undefined;
  const missingOf = (choice: DriverChoice) => (choice.kind === 'missing' ? choice.outcome : undefined);
  const options: DryRunOptions = {
    driver,
    missingDriver: task =>
      missingOf(goesOut(task) ? drivers.chooseElsewhere(task, {driver}) : drivers.choose(task, {driver})),
    passesGates: (flags.gates ?? settings.gates) === 'auto',
    selection: selectTasks(state.plan, flags.selection),
  };
  const plan = planDryRun(state, options);
  const {slots, uncommitted} = start;
  // One more than attempts: that of the merge queue.
  const needed = slots && slots.each * (maxParallel + 1);
  const project = config.settings ?? {};
  const unchecked = uncheckedCommands(state, {...options, project});
  const will_stop = willStop(state, {
    ...options,
    missingReviewer: ({review}) => (review?.driver === undefined ? undefined : missingOf(drivers.get(review.driver))),
    refusal,
    refusedEdit: found.refusedEdit,
    goesOut,
    project,
    uncommitted,
    ...(slots && needed !== undefined && {disk: {needed, free: slots.free}}),
  });
  const obstacle = refusal ?? standstill(found, plan, options);
  if (flags.json) return answer({plan, problems, will_stop, unchecked, ...(uncommitted && {uncommitted})}, obstacle);
  const unseen = start.uncommitted && uncommittedText(start.uncommitted, start.base);
  const facts = {...factsOf(found, problems), maxParallel, refusal: obstacle, unchecked, unseen, willStop: will_stop};
  process.stdout.write(
    flags.format === 'md' ? dryRunMarkdown(plan, facts) : dryRunText(plan, facts, await choosePaint()),
  );
  return obstacle?.exitCode ?? 0;
}

/** It could begin, and would stop at once: only what failed is left, and that is for a person to bring back. */
class Standstill extends MilestoneError {
  override get exitCode(): number {
    return 4;
  }
}

function standstill(
  {state, refusedEdit}: Foreseen,
  {tasks: planned, waves}: DryRunPlan,
  options: DryRunOptions,
): Standstill | undefined {
  if (waves.length > 0) return undefined;
  const {id, tasks} = state;
  if (refusedEdit !== undefined && planned.every(({action}) => action === 'done' || action === 'skip')) {
    const {reason, hint} = brokenPlan(id, [refusedEdit]);
    return new Standstill('WRONG_STATUS', reason, {hint});
  }
  const failed = [...tasks].flatMap(([task, state]) => (state.status === 'failed' ? [{task, ...state}] : []));
  const [first] = failed;
  if (!first) return unstaffed(state, options);
  const others = failed.length > 1 ? `, ${failed.length - 1} more failed` : '';
  return new Standstill('WRONG_STATUS', `task \`${first.task}\` ${first.message}${others}, and nothing else can run`, {
    hint: `milestone retry ${id}`,
  });
}

function unstaffed(state: MilestoneState, options: DryRunOptions): Standstill | undefined {
  const missing = missingDrivers(state, options);
  const [first] = missing;
  return (
    first &&
    new Standstill('WRONG_STATUS', firstOf(missing.map(({message}) => message)), {
      hint: first.hint && thenResume(state, first.hint),
    })
  );
}

function staffProblems({state: {plan}, read: {config}, file}: Foreseen, drivers: DriverSet): Problem[] {
  const unstaffed = explainNoAgent(plan, config.settings ?? {}, drivers);
  return unstaffed ? [{severity: 'warning', code: 'AGENT_MISSING', ...unstaffed, where: {file}}] : [];
}

function answer(
  found: {
    plan?: DryRunPlan;
    problems: Problem[];
    will_stop?: WillStop[];
    unchecked?: TaskId[];
    uncommitted?: Uncommitted;
  },
  refusal: MilestoneError | undefined,
): number {
  const error = refusal && {
    error: {...describeFailure(refusal), ...(refusal instanceof Standstill && {code: 'STOPPED'})},
  };
  console.log(JSON.stringify({ok: refusal === undefined, ...found, ...error}));
  return refusal?.exitCode ?? 0;
}

function factsOf(
  {state, paths}: Foreseen,
  problems: readonly Problem[],
): Pick<DryRunFacts, 'titles' | 'requires' | 'problems'> {
  const missing = missingRequirements(state.plan, paths);
  return {
    titles: new Map(state.plan.tasks.map(task => [task.id, task.title])),
    requires: state.plan.requires.map(id => ({id, completed: !missing.includes(id)})),
    problems: problems.map(problem => ({...problem, position: problem.where && shownPosition(problem.where)})),
  };
}

/** What keeps the milestone from being executed now, else what would be so. */
async function judge(found: Foreseen, flags: DryRunFlags): Promise<{refusal?: MilestoneError; start: WouldStart}> {
  const {state, paths, file, read} = found;
  const {home, id} = flags;
  try {
    const executor = readExecutor(home, id);
    if (isInTheWay(executor, flags.takeOver)) throw lockedError(home, executor);
    // A move to `completed/` that was interrupted is finished.
    if (state.status === 'completed' && file === paths.active(id)) return {start: {}};
    const milestone = {id, paths, planFile: file, read, state};
    const start = await refuseUnlessStartable(milestone, {...flags, callerEnv: process.env, readPlan: readPlanHere});
    return {start};
  } catch (error) {
    if (error instanceof MilestoneError) return {refusal: error, start: {}};
    throw error;
  }
}
