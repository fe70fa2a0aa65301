import {activateMilestone} from '../../milestone/activate-only.ts';
import {homePaths} from '../../plan/file/home.ts';
import {counted} from '../../terminal/counted.ts';
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
