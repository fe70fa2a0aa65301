import {MilestoneError} from '../errors.ts';
import type {NewEvent} from '../events/event.ts';
import type {RecordedCommit} from '../git/task-commits.ts';
import {validateConfig} from '../plan/assert-valid.ts';
import type {Plan} from '../plan/plan.ts';
import {isOver} from '../state/milestone.ts';
import {planActivation} from './activate.ts';
import {planAdoption} from './adopt.ts';
import type {HoldOptions, MilestoneOnDisk} from './hold.ts';
import {refuseHeld} from './refuse-held.ts';
import {findUnrecorded, refuseLogBehind} from './unrecorded-commits.ts';

export interface Start {
  /** What begins the log; nothing when it goes on. */
  events: NewEvent[];
  /** The plan that they put in force. */
  plan?: Plan;
  /** Finished work on the branch that the log does not know of, to be taken up before anything else. */
  unrecorded: RecordedCommit[];
}

export interface StartOptions extends Pick<HoldOptions, 'readPlan' | 'adopt'> {
  /** `resume` takes up what is blocked as well, but starts nothing that is planned. */
  command: 'execute' | 'resume';
  noGit: boolean;
}

/**
 * Judge whether a milestone may be executed now, and work out what that takes. Changes nothing.
 * @throws {MilestoneError} `WRONG_STATUS`, `LOG_BEHIND`, and what keeps a plan from being activated.
 */
export async function planStart(milestone: MilestoneOnDisk, options: StartOptions): Promise<Start> {
  const {state, id} = milestone;
  validateConfig(milestone.read.configProblems);
  refuseHeld(milestone, options);
  if (options.adopt && !state.activation) return {events: await planAdoption(milestone), unrecorded: []};
  refuseWrongStatus(state.status, id, options.command);
  if (state.status !== 'planned') return {events: [], unrecorded: await takeUp(milestone, options)};
  const details = await planActivation(milestone, options);
  return {events: [{event: 'milestone_activated', details}], plan: details.plan, unrecorded: []};
}

async function takeUp(milestone: MilestoneOnDisk, {adopt}: StartOptions): Promise<RecordedCommit[]> {
  if (adopt) return findUnrecorded(milestone);
  await refuseLogBehind(milestone);
  return [];
}

/**
 * Whether a milestone of this status may be executed, or resumed.
 * @throws {MilestoneError} `WRONG_STATUS`
 */
function refuseWrongStatus(
  status: MilestoneOnDisk['state']['status'],
  id: string,
  command: 'execute' | 'resume',
): void {
  if (isOver(status))
    throw new MilestoneError('WRONG_STATUS', `milestone \`${id}\` is ${status}`, {hint: `milestone status ${id}`});
  if (status === 'blocked' && command === 'execute')
    throw new MilestoneError('WRONG_STATUS', `milestone \`${id}\` is blocked`, {
      hint: `see \`milestone status ${id}\`, then \`milestone resume ${id}\``,
    });
  if (status === 'planned' && command === 'resume')
    throw new MilestoneError('WRONG_STATUS', `milestone \`${id}\` has not been started, so it cannot be resumed`, {
      hint: `milestone execute ${id}`,
    });
}
