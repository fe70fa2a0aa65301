// The state that an execution would begin with.

import {DriverSet} from '../../drivers/registry.ts';
import {whereRefusals} from '../../engine/workers-usable.ts';
import {MilestoneError} from '../../errors.ts';
import {locatePlan} from '../../milestone/find-milestone.ts';
import {foldMilestone} from '../../milestone/fold-log.ts';
import {judgeEdit} from '../../plan/edited-plan.ts';
import {type HomePaths, homePaths} from '../../plan/file/home.ts';
import type {PlanReading} from '../../plan/file/reader.ts';
import type {MilestoneId, Problem} from '../../plan/plan.ts';
import {applyEvent} from '../../state/apply-event.ts';
import {isLiftedByResume, resolution} from '../../state/blockers.ts';
import {isOver, type MilestoneState} from '../../state/milestone.ts';
import {adoptChange} from '../../state/plan-in-force.ts';
import {readPlanHere} from '../launch/plan-reader.ts';

export interface Files {
  paths: HomePaths;
  file: string;
  read: PlanReading;
  problems: Problem[];
}

export interface Foreseen extends Files {
  state: MilestoneState;
  /** What is wrong with an edit of the plan: it stays out. */
  refusedEdit: string | undefined;
}

export interface ForeseeOptions {
  home: string;
  id: MilestoneId;
  command: 'execute' | 'resume';
  adopt: boolean;
}

/** @throws {MilestoneError} `UNKNOWN_MILESTONE` */
export async function readFiles({home, id}: Pick<ForeseeOptions, 'home' | 'id'>): Promise<Files> {
  const paths = homePaths(home);
  const file = locatePlan(paths, id);
  const read = await readPlanHere(file, paths.config);
  return {paths, file, read, problems: [...read.configProblems, ...read.problems]};
}

/** @returns What keeps the milestone from having a state, where something does. */
export function foreseeState(files: Files, {id, adopt, command}: ForeseeOptions): Foreseen | MilestoneError {
  const {paths, file, read, problems} = files;
  try {
    const {state} = foldMilestone({id, paths, planFile: file, read}, {adopt});
    if (command === 'resume') liftBlockers(state);
    const refused = state.seq > 0 ? putEditInForce(state, read) : [];
    // What is wrong with the file itself is told already.
    const untold = refused.filter(problem => !problems.includes(problem));
    const all = [...problems, ...untold.map(problem => ({...problem, where: {file}}))];
    return {...files, state, problems: all, refusedEdit: refused[0]?.message};
  } catch (error) {
    if (error instanceof MilestoneError) return error;
    throw error;
  }
}

/** What a resume looks at afresh. */
function liftBlockers(state: MilestoneState): void {
  for (const blocker of [...state.blockers.values()])
    if (isLiftedByResume(blocker) && blocker.type !== 'branch_rewritten')
      applyEvent(state, {
        ...resolution(state, blocker),
        ...{seq: state.seq + 1, timestamp: '', milestone_id: state.id, session_id: ''},
      });
}

/** An execution begins with the plan as it is on disk, if that is valid. @returns What keeps an edit out. */
function putEditInForce(state: MilestoneState, read: PlanReading): Problem[] {
  if (isOver(state.status)) return [];
  const drivers = new DriverSet({drivers: read.config.drivers, env: process.env});
  const refusals = whereRefusals({read, state, repo: undefined}, {drivers}, process.env);
  const edited = judgeEdit(state.plan, read, id => state.tasks.get(id)?.status === 'completed', refusals);
  if (edited.kind === 'refused') return edited.problems;
  if (edited.kind === 'changed') adoptChange(state, edited.change);
  return [];
}
