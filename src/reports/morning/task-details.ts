// All there is to know of one task: what `milestone show --json` answers. Pure.

import type {Denial, RemovedTest} from '../../events/details/attempt.ts';
import type {CheckResult} from '../../events/details/checks.ts';
import type {Usage} from '../../events/details/driver.ts';
import {KIRO_PHASES} from '../../plan/kiro-plan.ts';
import type {KiroPhase, MilestoneId, TaskId} from '../../plan/plan.ts';
import {taskState} from '../../state/milestone.ts';
import type {StatusReport, TaskReport} from '../status-shape.ts';
import type {MilestoneHistory} from './attempt-history.ts';
import type {AttemptRecord} from './attempt-record.ts';
import type {BranchFacts} from './branch-facts.ts';
import {causeOf, outputOf} from './report.ts';
import type {TimelineEntry} from './report-shape.ts';

export interface TaskDetails extends TaskReport {
  milestone: MilestoneId;
  attempt_records: AttemptDetails[];
  /** Of a kiro task, as they were when their phase ended. */
  documents: Array<{phase: KiroPhase; path: string; sha256: string}>;
  /** What its attempts asked, and what a person said to that. */
  answers: Array<{question: string; answer: string}>;
}

/** As in the report's timeline, and what more there is to say of one. */
export interface AttemptDetails extends Omit<TimelineEntry, 'task' | 'slot'> {
  commit?: string;
  checked?: boolean;
  /** Attempt whose work it started from. */
  continues?: number;
  /** What its driver said of its work. */
  summary?: string;
  warning?: string;
  checks: CheckResult[];
  /** The end of what the command or the first red check printed. */
  output_tail: string | null;
  assumptions: string[];
  denials: Denial[];
  removed_tests: RemovedTest[];
  used?: Usage;
  /** Ref of its work, where that was kept. */
  work_at: string | null;
}

/** @returns Undefined where the plan has no such task. */
export function taskDetails(
  id: TaskId,
  {status, history, branch}: {status: StatusReport; history: MilestoneHistory | undefined; branch: BranchFacts},
): TaskDetails | undefined {
  const task = status.tasks.find(task => task.id === id);
  if (!task) return undefined;
  const {kiro, answers = []} = history ? taskState(history.state, id).history : {};
  const commit = task.commit ?? branch.commits?.get(id)?.commit;
  return {
    milestone: status.id,
    ...task,
    ...(commit !== undefined && {commit}),
    attempt_records: (history?.attempts ?? []).filter(({task}) => task === id).map(record => attempt(record, branch)),
    documents: KIRO_PHASES.flatMap(phase =>
      (kiro?.phases[phase].deliverables ?? []).map(({path, sha256}) => ({phase, path, sha256})),
    ),
    answers,
  };
}

function attempt(record: AttemptRecord, {kept}: BranchFacts): AttemptDetails {
  const {task, stages, removedTests, slot: _, to = null, ended, ...rest} = record;
  return {
    ...rest,
    to,
    stage_times: stages,
    ...(ended && causeOf(record)),
    output_tail: outputOf(record) ?? null,
    removed_tests: removedTests,
    work_at: kept.get(`${task}.${record.attempt}`) ?? null,
  };
}
