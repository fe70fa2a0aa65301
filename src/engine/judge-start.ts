import type {MilestoneOnDisk} from '../milestone/hold.ts';
import {planStart, type Start, type StartOptions} from '../milestone/plan-start.ts';
import {type PermissionFacts, refuseUnpermitted} from '../milestone/refuse-unpermitted.ts';
import type {Plan} from '../plan/plan.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {assertWorkersUsable} from './workers-usable.ts';

export interface JudgeOptions extends StartOptions, Pick<PermissionFacts, 'callerEnv'> {
  gates?: 'wait' | 'auto';
  yolo?: boolean;
}

export interface JudgedStart extends Start {
  plan: Plan;
  /** The milestone with the activation that it has or gets, as far as that decides where attempts work. */
  begun: MilestoneOnDisk;
}

/**
 * What execution and dry run refuse alike, before either looks at the user's checkouts. Changes nothing.
 * @throws {MilestoneError} as `planStart`; `NOT_PERMITTED`, `NO_WORKERS`
 */
export async function judgeStart(milestone: MilestoneOnDisk, options: JudgeOptions): Promise<JudgedStart> {
  const start = await planStart(milestone, options);
  const plan = start.plan ?? milestone.state.plan;
  const {callerEnv, yolo = false, gates} = options;
  refuseUnpermitted({plan, project: milestone.read.config.settings ?? {}, yolo, gates, callerEnv});
  const begun = {...milestone, state: activated(milestone.state, start)};
  await assertWorkersUsable(begun, plan, callerEnv);
  return {...start, plan, begun};
}

function activated(state: MilestoneState, {events}: Start): MilestoneState {
  for (const {event, details} of events) {
    if (event !== 'milestone_activated') continue;
    const {execution_id: executionId, isolation, branch, base, base_name: baseName} = details;
    const named = {...(branch !== undefined && {branch}), ...(base && {base}), ...(baseName && {baseName})};
    return {...state, activation: {executionId, at: '', isolation, ...named}};
  }
  return state;
}
