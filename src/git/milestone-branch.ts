import {MilestoneError} from '../errors.ts';
import {type Finished, hasAll} from './brought.ts';
import {headBranch} from './checkout.ts';
import {commitTree} from './commit.ts';
import {syncObjects, syncRef} from './durable.ts';
import {git, gitError, type Repository, tryGit} from './git.ts';
import {isAncestor, milestoneBranch, resolveCommit, UPDATE_REF} from './refs.ts';
import {mergeCommits} from './trees/merge.ts';

/** A completed milestone that must be in the base. */
export type Required = Finished;

export interface NewBranch {
  id: string;
  base: string;
  requires: readonly Required[];
  /** Take an existing branch that contains the base as it is: one that a crash kept from being recorded, or an adopted one. */
  adopt?: boolean;
}

export interface MilestoneBranch {
  branch: string;
  commit: string;
  /** Required milestones that the base lacked. */
  merged: string[];
}

/**
 * Make `milestone/<id>` at its base, with the required milestones that the base lacks merged in; on disk when this resolves.
 * @throws {MilestoneError} `BRANCH_EXISTS`, `BRANCH_BLOCKED`, `REQUIRED_MISSING`, `REQUIRED_CONFLICT`, `GIT_FAILED`.
 */
export async function createMilestoneBranch(repo: Repository, wanted: NewBranch): Promise<MilestoneBranch> {
  const branch = milestoneBranch(wanted.id);
  const existing = await findBranch(repo, branch);
  if (existing !== undefined) return adopted(repo, branch, existing, wanted);
  const {commit, merged} = await mergeRequired(repo, wanted);
  await createBranch(repo, branch, commit);
  return {branch, commit, merged};
}

/**
 * Find out whether `createMilestoneBranch` would succeed, before an activation is on record. Makes no ref.
 * @throws {MilestoneError} as `createMilestoneBranch`.
 */
export async function assertBranchCanBeMade(repo: Repository, wanted: NewBranch): Promise<void> {
  const branch = milestoneBranch(wanted.id);
  const existing = await findBranch(repo, branch);
  if (existing !== undefined) await adopted(repo, branch, existing, wanted);
  await mergeRequired(repo, wanted);
}

async function adopted(repo: Repository, branch: string, commit: string, wanted: NewBranch): Promise<MilestoneBranch> {
  if (wanted.adopt && (await isAncestor(repo, wanted.base, commit))) return {branch, commit, merged: []};
  throw new MilestoneError('BRANCH_EXISTS', `the branch \`${branch}\` exists already`, {
    hint: `\`milestone resume --adopt ${wanted.id}\` goes on from it; \`git branch -m ${branch} <name>\` puts it out of the way`,
  });
}

/**
 * The commit that a branch is at, or `undefined` when it can be made.
 * @throws {MilestoneError} `BRANCH_BLOCKED`: git keeps branches as files in folders, `milestone` and `milestone/x` cannot
 * both be.
 */
async function findBranch(repo: Repository, branch: string): Promise<string | undefined> {
  const pattern = ['refs/heads/milestone', `refs/heads/${branch}`];
  const lines = (await git(repo, ['for-each-ref', '--format=%(refname:lstrip=2) %(objectname)', ...pattern])).split(
    '\n',
  );
  const commits = new Map(lines.filter(Boolean).map(line => line.split(' ') as [string, string]));
  // Also one without a commit yet.
  const names = [...commits.keys(), (await headBranch(repo)) ?? ''];
  const inTheWay = names.find(name => name === 'milestone' || name.startsWith(`${branch}/`));
  if (inTheWay !== undefined) throw branchBlocked(branch, inTheWay);
  return commits.get(branch);
}

function branchBlocked(branch: string, other: string): MilestoneError {
  return new MilestoneError(
    'BRANCH_BLOCKED',
    `the branch \`${branch}\` cannot be made: git keeps branches as files, and there is a branch called \`${other}\``,
    {hint: `rename that one: \`git branch -m ${other} <name>\``},
  );
}

async function mergeRequired(repo: Repository, wanted: NewBranch): Promise<{commit: string; merged: string[]}> {
  let commit = wanted.base;
  const merged: string[] = [];
  for (const required of wanted.requires) {
    if (await hasAll(repo, required, commit)) continue;
    if ((await resolveCommit(repo, required.commit)) === undefined) throw requiredMissing(required);
    commit = await mergeOne(repo, commit, required, wanted.id);
    merged.push(required.id);
  }
  return {commit, merged};
}

async function mergeOne(repo: Repository, head: string, required: Required, id: string): Promise<string> {
  // A milestone that started in a repository without commits shares no history with a base that came later.
  const merge = await mergeCommits(repo, head, required.commit, ['--allow-unrelated-histories']);
  if (merge.kind === 'merged')
    return commitTree(repo, {
      tree: merge.tree,
      parents: [head, required.commit],
      message: `Merge the required milestone ${required.id}\n\nMilestone: ${id}\n`,
    });
  const files = merge.files.map(file => `\`${file}\``).join(', ');
  throw new MilestoneError(
    'REQUIRED_CONFLICT',
    `the required milestone \`${required.id}\` conflicts with the base of \`${id}\` in ${files}`,
    {hint: `merge it yourself, then start again: \`git merge ${required.commit}\``},
  );
}

function requiredMissing({id, commit}: Required): MilestoneError {
  return new MilestoneError(
    'REQUIRED_MISSING',
    `the required milestone \`${id}\` ended with the commit \`${commit}\`, which is not in this repository`,
    {hint: '`git fetch` it from where it was completed'},
  );
}

async function createBranch(repo: Repository, branch: string, commit: string): Promise<void> {
  const ref = `refs/heads/${branch}`;
  await syncObjects(repo);
  const args = [...UPDATE_REF, '-m', 'milestone: created', ref, commit, '0'.repeat(commit.length)];
  const result = await tryGit(repo, args);
  if (result.code !== 0 && /exists; cannot create|unable to create directory/.test(result.stderr))
    throw branchBlocked(branch, 'milestone');
  if (result.code !== 0) throw gitError(args, result);
  await syncRef(repo, ref);
}
