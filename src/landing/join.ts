// The commit that a branch of the user's is to move to:
//
//   merge    onto ───────────── M      squash    onto ── S      ff    onto ── … ── head ── R
//              └── … ── head ── R ┘
//
// R, the record, has what the home has of the milestone, and is left out where that is nothing new; what is squashed has
// it in its only commit. Where the branch has the work already, as after `--partial` or a merge by hand, R goes onto it
// alone. The milestone's own branch stays at its head. Commits are made here and pointed at by nothing.

import {MilestoneError} from '../errors.ts';
import type {Landing, LandingKind} from '../events/details/milestone.ts';
import {commitTree} from '../git/commit.ts';
import type {Repository} from '../git/git.ts';
import {isAncestor, milestoneBranch} from '../git/refs.ts';
import {readCommit} from '../git/task-commits.ts';
import {mergeCommits} from '../git/trees/merge.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {landingMessage, recordMessage} from './landing-messages.ts';
import {addRecord} from './record-files.ts';
import type {Target} from './target.ts';

export interface JoinOptions {
  kind: LandingKind;
  /** Take along what the home has of the milestone. */
  record: boolean;
  /** What the user's hooks make of the tree and message of the commit that joins; absent without hooks. */
  hooked?(work: {tree: string; message: string; onto: string}): Promise<{tree: string; message: string}>;
}

/**
 * Make the commit that has all of a milestone and all of the branch.
 * @throws {MilestoneError} `MERGE_CONFLICT`, which names the files; `WRONG_STATUS` when it cannot be fast-forwarded.
 */
export async function join(
  repo: Repository,
  state: MilestoneState,
  {head, target}: {head: string; target: Target},
  options: JoinOptions,
): Promise<Landing> {
  const {into, commit: onto} = target;
  const {kind} = options;
  const landing = {into, onto, kind, head};
  const record = (tree: string) => (options.record ? addRecord(repo, tree, state.id) : tree);
  const follow = (tree: string, parent: string) =>
    commitTree(repo, {tree, parents: [parent], message: recordMessage(state)});
  if (kind === 'ff') {
    if (!(await isAncestor(repo, onto, head))) throw hasMoved(state, into);
    const {tree} = await readCommit(repo, head);
    const whole = await record(tree);
    return {...landing, commit: whole === tree ? head : await follow(whole, head)};
  }
  const tree = await mergedTree(repo, state, {head, target});
  const message = landingMessage(state, kind);
  const joined = (await options.hooked?.({tree, message, onto})) ?? {tree, message};
  const whole = await record(joined.tree);
  if (kind === 'squash')
    return {...landing, commit: await commitTree(repo, {message: joined.message, tree: whole, parents: [onto]})};
  const side = whole === joined.tree ? head : await follow(await record((await readCommit(repo, head)).tree), head);
  return {...landing, commit: await commitTree(repo, {message: joined.message, tree: whole, parents: [onto, side]})};
}

/**
 * Make the record alone, onto a branch that has the work.
 * @param plan Text of the completed plan; that on disk is older where something died right after it had landed.
 * @returns Undefined when the branch has all of the record.
 */
export async function joinRecord(
  repo: Repository,
  state: MilestoneState,
  there: Landing,
  {commit: onto}: Target,
  plan?: string,
): Promise<Landing | undefined> {
  const {tree} = await readCommit(repo, onto);
  const whole = await addRecord(repo, tree, state.id, plan);
  if (whole === tree) return undefined;
  return {
    ...there,
    onto,
    commit: await commitTree(repo, {tree: whole, parents: [onto], message: recordMessage(state)}),
  };
}

/**
 * The tree of a milestone merged into a branch.
 * @throws {MilestoneError} `MERGE_CONFLICT`
 */
export async function mergedTree(
  repo: Repository,
  {id}: Pick<MilestoneState, 'id'>,
  {head, target}: {head: string; target: Target},
): Promise<string> {
  // A milestone that started in a repository without commits shares no history with a branch that came later.
  const merge = await mergeCommits(repo, target.commit, head, ['--allow-unrelated-histories']);
  if (merge.kind === 'merged') return merge.tree;
  const files = merge.files.map(file => `\`${file}\``).join(', ');
  const [branch, own] = [target.into, milestoneBranch(id)];
  throw new MilestoneError('MERGE_CONFLICT', `\`${own}\` conflicts with \`${branch}\` in ${files}`, {
    hint: `\`git switch ${own}\` and \`git merge ${branch}\`, resolve and commit, then \`milestone land ${id}\``,
  });
}

/** For who may look before anything is made. */
export function hasMoved({id}: Pick<MilestoneState, 'id'>, into: string): MilestoneError {
  return new MilestoneError(
    'WRONG_STATUS',
    `\`${into}\` has moved since milestone \`${id}\` began, so it cannot be fast-forwarded`,
    {hint: `milestone land ${id} --merge`},
  );
}
