import {MilestoneError} from '../../errors.ts';
import {activate as makeActive, planActivation} from '../../milestone/activate.ts';
import {type CommandOptions, hold, type MilestoneOnDisk} from '../../milestone/hold.ts';
import {refuseHeld} from '../../milestone/refuse-held.ts';
import {homePaths} from '../../plan/file/home.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {counted} from '../../terminal/amounts.ts';
import {printable} from '../../terminal/printable.ts';
import {requireHome} from '../choose-milestone.ts';
import {commandOptions} from '../command-options.ts';
import {targetMilestone} from '../target.ts';

/** `milestone activate`. */
export async function activate(
  id: string | undefined,
  flags: {git: boolean; milestone?: string; json?: boolean},
): Promise<void> {
  const home = requireHome();
  const milestone = targetMilestone(homePaths(home), id, flags.milestone);
  const {state, isNew} = await activateMilestone({...commandOptions(home, milestone), noGit: !flags.git});
  const {branch, base, executionId} = state.activation ?? {};
  if (flags.json)
    return console.log(
      JSON.stringify({ok: true, milestone_id: milestone, activated: isNew, execution_id: executionId, branch, base}),
    );
  const where = branch === undefined ? '' : `, on branch \`${branch}\``;
  console.log(printable(`milestone \`${milestone}\` is ${isNew ? '' : 'already '}active${where}`));
  console.log(printable(`\`milestone execute ${milestone}\` carries out its ${counted(state.tasks.size, 'task')}`));
}

/**
 * Activate a planned milestone without starting anything; for one that is active already, only a branch is made that a
 * crash kept from being made.
 * @throws {MilestoneError} `WRONG_STATUS`, `LOCKED`, and what keeps a plan from being activated.
 */
function activateMilestone(
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
    await makeActive(held, events, options.readPlan);
    return {state, isNew};
  });
}

function wrongStatus({id, state: {status}}: MilestoneOnDisk): MilestoneError {
  const goesOn = status === 'paused' || status === 'blocked';
  return new MilestoneError('WRONG_STATUS', `milestone \`${id}\` is ${status}, so it cannot be activated`, {
    hint: goesOn ? `\`milestone resume ${id}\` goes on with it` : `milestone status ${id}`,
  });
}
