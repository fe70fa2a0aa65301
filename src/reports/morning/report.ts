// What a person needs in the morning, worked out from log and branch alone. Pure.

import type {CheckResult} from '../../events/details/checks.ts';
import {criticalPath} from '../../plan/graph.ts';
import {KIRO_PHASES} from '../../plan/kiro-plan.ts';
import type {TaskId} from '../../plan/plan.ts';
import {type MilestoneState, taskState} from '../../state/milestone.ts';
import {ownMs, sumStages} from '../../state/stage-times.ts';
import type {DoneCheck} from '../../state/task.ts';
import {minutes} from '../status-report.ts';
import type {StatusReport, TaskReport} from '../status-shape.ts';
import {landCommand, reviewCommands} from '../what-next.ts';
import type {MilestoneHistory} from './attempt-history.ts';
import type {AttemptRecord} from './attempt-record.ts';
import type {BranchFacts, CommitFacts} from './branch-facts.ts';
import {headlineOf} from './headline.ts';
import type {DoneTask, FailedTask, MorningReport, ReportedTask, TimelineEntry} from './report-shape.ts';

export interface ReportSources {
  status: StatusReport;
  /** Absent where the log is not here, and where there is none yet. */
  history: MilestoneHistory | undefined;
  branch: BranchFacts;
  /** Milliseconds since the Unix epoch. */
  now: number;
}

/** What was done, proved, left open and spent, as `report --json` answers it. */
export function morningReport(sources: ReportSources): MorningReport {
  const {status, history, branch, now} = sources;
  const attemptsOf = groupByTask(history?.attempts ?? []);
  const facts = {...sources, attemptsOf};
  const done = status.tasks.filter(({status}) => status === 'completed').map(task => doneTask(task, facts));
  // Where only file and commits speak, either may vouch for it.
  const vouched = new Set(status.tasks.flatMap(({id, checked}) => (checked ? id : [])));
  const isGreen = ({task, checks}: DoneTask) =>
    checkedOf(task, facts) ?? (vouched.has(task) || (checks.length > 0 && checks.every(({ok}) => ok)));
  const unchecked = done.filter(one => !isGreen(one)).map(({task}) => task);
  const failed = status.tasks.flatMap(task => (task.status === 'failed' ? failedTask(task, facts) : []));
  const report: Omit<MorningReport, 'headline'> = {
    at: new Date(now).toISOString(),
    origin: status.origin === 'elsewhere' ? 'commits' : status.origin,
    milestone: {
      id: status.id,
      title: status.title,
      status: status.status,
      branch: status.git.branch ?? branch.branch ?? null,
      base: status.git.base ?? branch.base ?? null,
      head: branch.head ?? status.git.head,
    },
    needs_you: status.needs_you,
    done,
    unchecked,
    assumptions: assumptionsOf(done, facts),
    removed_tests: status.tasks.flatMap(({id, removed_tests = commitFacts(id, facts)?.removedTests ?? []}) =>
      removed_tests.map(test => ({task: id, ...test})),
    ),
    removed_tests_unknown: done.filter(task => isSilent(task, facts)).map(({task}) => task),
    failed,
    gates: history ? gatesOf(history.state) : [],
    timeline: (history?.attempts ?? []).map(timelineEntry),
    spent: spentOf(status),
    review: [],
    land: [],
    tasks: status.tasks.map(task => reportedTask(task, attemptsOf)),
    critical_path: criticalPath(status.tasks),
    sessions: (history?.sessions ?? []).map(({from, to, exit = null}) => ({from, to, exit})),
  };
  const {at, origin, milestone, ...rest} = report;
  const headline = headlineOf(status, done.length - unchecked.length);
  return {at, origin, milestone, headline, ...rest, ...commandsOf(report, sources)};
}

type Facts = ReportSources & {attemptsOf: ReadonlyMap<TaskId, readonly AttemptRecord[]>};

function groupByTask(attempts: readonly AttemptRecord[]): Map<TaskId, AttemptRecord[]> {
  const groups = new Map<TaskId, AttemptRecord[]>();
  for (const record of attempts) {
    const group = groups.get(record.task);
    if (group) group.push(record);
    else groups.set(record.task, [record]);
  }
  return groups;
}

function commitFacts(task: TaskId, {branch}: Facts): CommitFacts | undefined {
  return branch.commits?.get(task);
}

/** Nobody here knows whether its work takes tests away: its commit, which says so, is not here, or names some of many. */
function isSilent({task, commit}: DoneTask, facts: Facts): boolean {
  if (facts.history || commit === null) return false;
  return !commitFacts(task, facts)?.namesAllRemoved;
}

/** What the log says; undefined where only commits speak. */
function checkedOf(task: TaskId, {history}: Facts): boolean | undefined {
  const state = history && taskState(history.state, task);
  return state?.status === 'completed' ? state.checked : undefined;
}

function doneTask(task: TaskReport, facts: Facts): DoneTask {
  const attempts = facts.attemptsOf.get(task.id) ?? [];
  const commit = commitFacts(task.id, facts);
  return {
    task: task.id,
    title: task.title,
    commit: task.commit ?? commit?.commit ?? null,
    checks: checksOf(attempts) ?? task.checks ?? commit?.checks ?? [],
    minutes: minutes(ownMs(sumStages(attempts.map(({stages}) => stages)))),
    cost_usd: task.cost_usd ?? null,
    attempts: triesOf(task, attempts) || (task.kiro ? 0 : (commit?.attempt ?? 0)),
  };
}

/** Those that vouch for the last attempt that did its work. */
function checksOf(attempts: readonly AttemptRecord[]): DoneCheck[] | undefined {
  const last = attempts.findLast(({outcome, checks}) => outcome === 'completed' && checks.length > 0);
  return last?.checks.map(doneCheck);
}

function doneCheck({command, ok, duration_ms, flaky = false}: CheckResult): DoneCheck {
  return {command, ok, duration_ms, flaky};
}

/** Those of a kiro task are numbered through all its phases: how often the phase was tried in which it is, or was last. */
function triesOf({attempts, kiro}: TaskReport, records: readonly AttemptRecord[]): number {
  const last = records.at(-1);
  if (!kiro || !last) return attempts;
  const letThrough = new Set(records.flatMap(({attempt, outcome}) => (outcome === 'waiting_approval' ? attempt : [])));
  const isTry = ({phase, continues}: AttemptRecord) =>
    phase === last.phase && (continues === undefined || !letThrough.has(continues));
  return records.filter(isTry).length;
}

function failedTask(task: TaskReport, facts: Facts): FailedTask {
  const {history, branch} = facts;
  const resetAfter = history?.resetAfter.get(task.id) ?? 0;
  const attempts = facts.attemptsOf.get(task.id) ?? [];
  const lost = attempts.filter(({attempt, ended}) => attempt > resetAfter && isFailure(ended));
  const [first] = lost;
  const last = lost.at(-1);
  const kept = attempts.findLast(({attempt}) => branch.kept.has(`${task.id}.${attempt}`));
  const {cause, message} = first ? causeOf(first) : (task.error ?? {cause: 'failed', message: 'failed'});
  return {
    task: task.id,
    title: task.title,
    cause,
    message,
    output_tail: (first && outputOf(first)) ?? null,
    work_at: (kept && branch.kept.get(`${task.id}.${kept.attempt}`)) ?? null,
    attempts: triesOf(task, attempts),
    ...(last &&
      last !== first &&
      causeOf(last).message !== message && {last: {attempt: last.attempt, ...causeOf(last)}}),
  };
}

function isFailure(ended: AttemptRecord['ended']): boolean {
  return ended?.kind === 'failed' || ended?.kind === 'conflict' || ended?.kind === 'overload';
}

/** Why an attempt failed, in one word and in a sentence. */
export function causeOf({ended}: AttemptRecord): {cause: string; message: string} {
  if (!ended) return {cause: 'failed', message: 'failed'};
  return {cause: ended.kind === 'failed' ? ended.cause : ended.kind, message: ended.message};
}

/** The end of what the command or the first red check printed, where it printed anything. */
export function outputOf({ended, checks}: AttemptRecord): string | undefined {
  const own = ended?.kind === 'failed' ? ended.output_tail : undefined;
  return [own, ...checks.map(({ok, output_tail}) => (ok ? undefined : output_tail))].find(text => text?.trim());
}

/** What the work that is on the branch takes for granted; of each task in the order in which it was said. */
function assumptionsOf(done: readonly DoneTask[], facts: Facts): MorningReport['assumptions'] {
  return done.flatMap(({task}) => {
    const attempts = facts.attemptsOf.get(task) ?? [];
    const counted = attempts.filter(({outcome}) => outcome === 'completed' || outcome === 'waiting_approval');
    const texts =
      counted.length > 0 ? counted.flatMap(({assumptions}) => assumptions) : commitFacts(task, facts)?.assumptions;
    return [...new Set(texts)].map(text => ({task, text}));
  });
}

function gatesOf(state: MilestoneState): MorningReport['gates'] {
  return state.plan.tasks.flatMap(({id}) => {
    const {kiro} = taskState(state, id).history;
    return KIRO_PHASES.flatMap(phase => {
      const {approval} = kiro?.phases[phase] ?? {};
      if (approval?.status !== 'granted') return [];
      return approval.approvers.map(({role, by = 'person'}) => ({task: id, gate: approval.transition, by, role}));
    });
  });
}

function timelineEntry(record: AttemptRecord): TimelineEntry {
  const {task, attempt, phase, driver, slot, worker, from, started, to = null, stages, outcome, ended} = record;
  return {
    task,
    attempt,
    ...(phase !== undefined && {phase}),
    driver,
    slot,
    ...(worker !== undefined && {worker}),
    from,
    started,
    to,
    stage_times: stages,
    outcome,
    ...(ended && causeOf(record)),
  };
}

function spentOf({used = {}}: StatusReport): MorningReport['spent'] {
  const {usd = null, tokens = null, turns = null, minutes = null} = used;
  return {usd, tokens, turns, minutes};
}

function reportedTask(task: TaskReport, attemptsOf: Facts['attemptsOf']): ReportedTask {
  const {id, title, status, driver, dependencies, checked, cost_usd, kiro} = task;
  const records = attemptsOf.get(id) ?? [];
  return {
    id,
    title,
    status,
    driver,
    dependencies,
    attempts: triesOf(task, records),
    ...(checked !== undefined && {checked}),
    ...(cost_usd !== undefined && {cost_usd}),
    ...(kiro && {kiro}),
    stage_times: sumStages(records.map(({stages}) => stages)),
  };
}

function commandsOf(
  {milestone, failed, unchecked, removed_tests, done}: Omit<MorningReport, 'headline'>,
  {status: {git}, history}: ReportSources,
): {review: string[]; land: string[]} {
  const {id, status, branch, base, head} = milestone;
  const doubtful = [...failed.map(({task}) => task), ...unchecked, ...removed_tests.map(({task}) => task)];
  // What a person did has no commit of its own.
  const isDone = status === 'completed' || done.some(({commit}) => commit !== null);
  const hasWork = branch !== null && isDone && head !== base;
  const land = {baseName: history?.state.activation?.baseName, isComplete: status === 'completed'};
  const isOwed = !git.landed || history?.state.landedInPart;
  return {
    review: reviewCommands(id, {hasWork, doubtful: [...new Set(doubtful)]}),
    land: hasWork && isOwed ? [landCommand(id, land)] : [],
  };
}
