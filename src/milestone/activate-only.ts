import {MilestoneError} from '../errors.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {activate, planActivation} from './activate.ts';
import {type CommandOptions, hold, type MilestoneOnDisk} from './hold.ts';
import {refuseHeld} from './refuse-held.ts';

/**
 * Activate a planned milestone without starting anything; for one that is active already, only a branch is made that a
 * crash kept from being made.
 * @throws {MilestoneError} `WRONG_STATUS`, `LOCKED`, and what keeps a plan from being activated.
 */
export function activateMilestone(
  options: CommandOptions & {noGit: boolean},
): Promise<{state: MilestoneState; isNew: boolean}> {
  return hold({...options, purpose: 'command'}, async held => {
    const {state} = held;
    const isNew = state.status === 'planned';
    refuseHeld(held);
    if (!isNew && state.status !== 'in_progress') throw wrongStatus(held);
    const isWhole = state.branchCreated || state.activation?.branch === undefined;
    if (!isNew && isWhole) return {state, isNew};
    const events = isNew ? [{event: 'milestone_activated' as const, details: await planActivation(held, options)}] : [];
    await activate(held, events, options.readPlan);
    return {state, isNew};
  });
}

function wrongStatus({id, state: {status}}: MilestoneOnDisk): MilestoneError {
  const goesOn = status === 'paused' || status === 'blocked';
  return new MilestoneError('WRONG_STATUS', `milestone \`${id}\` is ${status}, so it cannot be activated`, {
    hint: goesOn ? `\`milestone resume ${id}\` goes on with it` : `milestone status ${id}`,
  });
}
