import {MilestoneError} from '../errors.ts';
import type {NewEvent} from '../events/event.ts';
import {validateConfig} from '../plan/assert-valid.ts';
import type {Plan} from '../plan/plan.ts';
import {isOver} from '../state/milestone.ts';
import {planActivation} from './activate.ts';
import {planAdoption} from './adopt.ts';
import type {OpenMilestone, OpenOptions} from './open-milestone.ts';

export interface Start {
  /** What begins the log; nothing when it goes on. */
  events: NewEvent[];
  /** The plan that they put in force. */
  plan?: Plan;
}

export interface StartOptions extends Pick<OpenOptions, 'readPlan' | 'adopt'> {
  /** `resume` takes up what is blocked as well, but starts nothing that is planned. */
  command: 'execute' | 'resume';
  noGit: boolean;
}

/**
 * Judge whether a milestone may be executed now, and work out what that takes. Changes nothing.
 * @throws {MilestoneError} `WRONG_STATUS`, and what keeps a plan from being activated.
 */
export async function planStart(opened: OpenMilestone, options: StartOptions): Promise<Start> {
  const {state, id} = opened;
  validateConfig(opened.read.configProblems);
  if (options.adopt && !state.activation) return {events: await planAdoption(opened)};
  refuseWrongStatus(state.status, id, options.command);
  if (state.status !== 'planned') return {events: []};
  const details = await planActivation(opened, options);
  return {events: [{event: 'milestone_activated', details}], plan: details.plan};
}

/**
 * Whether a milestone of this status may be executed, or resumed.
 * @throws {MilestoneError} `WRONG_STATUS`
 */
function refuseWrongStatus(status: OpenMilestone['state']['status'], id: string, command: 'execute' | 'resume'): void {
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
