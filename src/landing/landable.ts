import {MilestoneError} from '../errors.ts';
import type {Repository} from '../git/git.ts';
import {isAncestor, readHead} from '../git/refs.ts';
import type {MilestoneState} from '../state/milestone.ts';

/**
 * The head of the milestone's branch, which is to land; the last one, where the branch is gone (`assertBranch`).
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
  const head = (await readHead(repo, activation.branch)) ?? last;
  if (head === undefined) throw branchGone(activation.branch, activation.base);
  if (last !== undefined && last !== head && !(await isAncestor(repo, last, head)))
    throw new MilestoneError('WRONG_STATUS', `the branch \`${activation.branch}\` does not contain ${last}`, {
      hint: `\`git branch -f ${activation.branch} ${last}\` puts it back`,
    });
  if (status === 'completed' || partial || landing) return head;
  const goesOn = status === 'cancelled' ? '' : `\`milestone resume ${id}\` goes on with it; `;
  throw wrongStatus(state, `${goesOn}\`milestone land ${id} --partial\` lands what is done`);
}

/**
 * For what a branch still lacks, the milestone's own has to be there; whoever has merged it may have deleted it.
 * @throws {MilestoneError} `BASE_MISSING`
 */
export async function assertBranch(repo: Repository, {activation, head}: MilestoneState): Promise<void> {
  const branch = activation?.branch;
  if (branch !== undefined && (await readHead(repo, branch)) === undefined) throw branchGone(branch, head);
}

function branchGone(branch: string, last: string | undefined): MilestoneError {
  return new MilestoneError('BASE_MISSING', `the branch \`${branch}\` is gone; it was at ${last}`, {
    hint: `\`git branch ${branch} ${last}\` puts it back`,
  });
}

export function wrongStatus({id, status}: MilestoneState, hint: string): MilestoneError {
  return new MilestoneError('WRONG_STATUS', `milestone \`${id}\` is ${status}, not completed`, {hint});
}

export function withoutGit({id}: MilestoneState): MilestoneError {
  return new MilestoneError('NOT_A_REPOSITORY', `milestone \`${id}\` was executed without git`, {
    hint: 'its work is in the files already',
  });
}
