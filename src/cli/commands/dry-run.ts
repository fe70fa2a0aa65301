import {DriverSet} from '../../drivers/registry.ts';
import {refuseUnlessStartable, type WouldStart} from '../../engine/may-start.ts';
import {MilestoneError} from '../../errors.ts';
import {readExecutor} from '../../lock/executor.ts';
import {isInTheWay, lockedError} from '../../lock/lock-holder.ts';
import {locatePlan} from '../../milestone/find-milestone.ts';
import {foldMilestone} from '../../milestone/fold-log.ts';
import {explainNoAgent} from '../../milestone/no-agent.ts';
import {judgeEdit} from '../../plan/edited-plan.ts';
import {type HomePaths, homePaths} from '../../plan/file/home.ts';
import type {PlanReading} from '../../plan/file/reader.ts';
import {missingRequirements} from '../../plan/file/requirements.ts';
import type {MilestoneId, Problem} from '../../plan/plan.ts';
import {type Selection, selectTasks} from '../../plan/selection.ts';
import {resolveMilestoneSettings} from '../../plan/settings.ts';
import {type Uncommitted, uncommittedText} from '../../reports/uncommitted.ts';
import {type WillStop, willStop} from '../../reports/will-stop.ts';
import {type DryRunOptions, type DryRunPlan, planDryRun} from '../../scheduler/rehearse.ts';
import {isOver, type MilestoneState} from '../../state/milestone.ts';
import {adoptChange} from '../../state/plan-in-force.ts';
import {dryRunMarkdown} from '../../terminal/dry-run-markdown.ts';
import {type DryRunFacts, dryRunText} from '../../terminal/dry-run-text.ts';
import {choosePaint} from '../../terminal/paint.ts';
import {describeFailure} from '../failure.ts';
import {readPlanHere} from '../launch/plan-reader.ts';
import {shownPosition} from '../shown-path.ts';

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

interface Files {
  paths: HomePaths;
  file: string;
  read: PlanReading;
  problems: Problem[];
}

interface Found extends Files {
  state: MilestoneState;
}

/**
 * `execute --dry-run` and `resume --plan`: say what would run. Changes nothing, and starts nothing but git,
 * to read.
 * @returns The exit code: 0 when it could run.
 * @throws {MilestoneError} what keeps the milestone from being looked at, or what it is restricted to from being understood.
 */
export async function dryRun(flags: DryRunFlags): Promise<number> {
  const files = await readFiles(flags);
  const found = findState(files, flags);
  if (found instanceof MilestoneError) {
    if (!flags.json) throw found;
    return answer({problems: files.problems}, found);
  }
  const {state} = found;
  const {config} = files.read;
  const {refusal, start} = await judge(found, flags);
  const drivers = new DriverSet({drivers: config.drivers, env: process.env});
  const problems = [...found.problems, ...(start.problems ?? []), ...staffProblems(found, drivers)];
  const settings = resolveMilestoneSettings(state.plan.settings, config.settings);
  const driver = state.plan.settings.driver ?? config.settings?.driver ?? drivers.defaultName;
  const options: DryRunOptions = {
    driver,
    missingDriver(task) {
      const choice = drivers.choose(task, {driver});
      return choice.kind === 'missing' ? choice.outcome.message : undefined;
    },
    passesGates: (flags.gates ?? settings.gates) === 'auto',
    selection: selectTasks(state.plan, flags.selection),
  };
  const plan = planDryRun(state, options);
  const {slots} = start;
  // One more than attempts: that of the merge queue.
  const needed = slots && slots.each * ((flags.maxParallel ?? settings.maxParallel) + 1);
  const stops = willStop(state, {
    ...options,
    project: config.settings ?? {},
    uncommitted: start.uncommitted,
    ...(slots && needed !== undefined && {disk: {needed, free: slots.free}}),
  });
  const obstacle = refusal ?? standstill(state, plan);
  const {uncommitted} = start;
  if (flags.json) return answer({plan, problems, will_stop: stops, ...(uncommitted && {uncommitted})}, obstacle);
  const unseen = start.uncommitted && uncommittedText(start.uncommitted, start.base);
  const facts = {...factsOf({...found, problems}, flags, obstacle), unseen, willStop: stops};
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

function standstill({id, tasks}: MilestoneState, plan: DryRunPlan): Standstill | undefined {
  if (plan.waves.length > 0) return undefined;
  const failed = [...tasks].flatMap(([task, state]) => (state.status === 'failed' ? [{task, ...state}] : []));
  const [first] = failed;
  if (!first) return undefined;
  const others = failed.length > 1 ? `, ${failed.length - 1} more failed` : '';
  return new Standstill('WRONG_STATUS', `task \`${first.task}\` ${first.message}${others}, and nothing else can run`, {
    hint: `milestone retry ${id}`,
  });
}

function staffProblems({state: {plan}, read: {config}, file}: Found, drivers: DriverSet): Problem[] {
  const unstaffed = explainNoAgent(plan, config.settings ?? {}, drivers);
  return unstaffed ? [{severity: 'warning', code: 'AGENT_MISSING', ...unstaffed, where: {file}}] : [];
}

function answer(
  found: {plan?: DryRunPlan; problems: Problem[]; will_stop?: WillStop[]; uncommitted?: Uncommitted},
  refusal: MilestoneError | undefined,
): number {
  const error = refusal && {
    error: {...describeFailure(refusal), ...(refusal instanceof Standstill && {code: 'STOPPED'})},
  };
  console.log(JSON.stringify({ok: refusal === undefined, ...found, ...error}));
  return refusal?.exitCode ?? 0;
}

function factsOf(
  {state, read: {config}, problems, paths}: Found,
  flags: DryRunFlags,
  refusal: DryRunFacts['refusal'],
): Omit<DryRunFacts, 'unseen' | 'willStop'> {
  const missing = missingRequirements(state.plan, paths);
  return {
    titles: new Map(state.plan.tasks.map(task => [task.id, task.title])),
    maxParallel: flags.maxParallel ?? resolveMilestoneSettings(state.plan.settings, config.settings).maxParallel,
    requires: state.plan.requires.map(id => ({id, completed: !missing.includes(id)})),
    problems: problems.map(problem => ({...problem, place: problem.where && shownPosition(problem.where)})),
    refusal,
  };
}

/** @throws {MilestoneError} `UNKNOWN_MILESTONE` */
async function readFiles({home, id}: DryRunFlags): Promise<Files> {
  const paths = homePaths(home);
  const file = locatePlan(paths, id);
  const read = await readPlanHere(file, paths.config);
  return {paths, file, read, problems: [...read.configProblems, ...read.problems]};
}

/** The state that an execution would begin with, or what keeps it from having one. */
function findState(files: Files, {id, adopt}: DryRunFlags): Found | MilestoneError {
  const {paths, file, read, problems} = files;
  try {
    const {state} = foldMilestone({id, paths, planFile: file, read}, {adopt});
    const edits = state.seq > 0 ? putEditInForce(state, read, file) : [];
    return {...files, state, problems: [...problems, ...edits]};
  } catch (error) {
    if (error instanceof MilestoneError) return error;
    throw error;
  }
}

/** An execution begins with the plan as it is on disk, if that is valid. @returns What keeps an edit out. */
function putEditInForce(state: MilestoneState, read: PlanReading, file: string): Problem[] {
  if (isOver(state.status)) return [];
  const edited = judgeEdit(state.plan, read, id => state.tasks.get(id)?.status === 'completed');
  if (edited.kind === 'changed') adoptChange(state, edited.change);
  // What is wrong with the file itself is told already.
  const lost = edited.kind === 'refused' ? edited.problems.filter(({code}) => code === 'COMPLETED_REMOVED') : [];
  return lost.map(problem => ({...problem, where: {file}}));
}

/** What keeps the milestone from being executed now, else what would be so. */
async function judge(found: Found, flags: DryRunFlags): Promise<{refusal?: MilestoneError; start: WouldStart}> {
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
