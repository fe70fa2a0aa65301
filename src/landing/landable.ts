import {MilestoneError} from '../errors.ts';
import type {Repository} from '../git/git.ts';
import {isAncestor, readHead} from '../git/refs.ts';
import type {MilestoneState} from '../state/milestone.ts';

/**
 * The head of the milestone's branch, which is to land.
 * @returns Undefined where there is no branch, because it was executed without git.
 * @throws {MilestoneError} `WRONG_STATUS`
 */
export async function landable(
  repo: Repository,
  state: MilestoneState,
  {partial}: {partial: boolean},
): Promise<string | undefined> {
  const {id, status, activation, landing, head: last} = state;
  if (!activation) throw wrongStatus(state, `milestone execute ${id}`);
  if (activation.branch === undefined) return undefined;
  const head = await readHead(repo, activation.branch);
  if (head === undefined)
    throw new MilestoneError('BASE_MISSING', `the branch \`${activation.branch}\` is gone; it was at ${last}`, {
      hint: `\`git branch ${activation.branch} ${last}\` puts it back`,
    });
  if (last !== undefined && !(await isAncestor(repo, last, head)))
    throw new MilestoneError('WRONG_STATUS', `the branch \`${activation.branch}\` does not contain ${last}`, {
      hint: `\`git branch -f ${activation.branch} ${last}\` puts it back`,
    });
  if (status === 'completed' || partial || landing) return head;
  const goesOn = status === 'cancelled' ? '' : `\`milestone resume ${id}\` goes on with it; `;
  throw wrongStatus(state, `${goesOn}\`milestone land ${id} --partial\` lands what is done`);
}

export function wrongStatus({id, status}: MilestoneState, hint: string): MilestoneError {
  return new MilestoneError('WRONG_STATUS', `milestone \`${id}\` is ${status}, not completed`, {hint});
}

export function withoutGit({id}: MilestoneState): MilestoneError {
  return new MilestoneError('NOT_A_REPOSITORY', `milestone \`${id}\` was executed without git`, {
    hint: 'its work is in the files already',
  });
}
