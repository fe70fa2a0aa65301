// A milestone is taken back as if it had never been executed; nothing that could be somebody's work is lost by that.
//
//   the tip of its branch is kept ─> slots go ─> the branch goes ─> the plan says planned, in active/ ─> its logs are put
//   aside: only then is it planned. Killed on the way, the next call does all of it again.

import fs from 'node:fs';
import path from 'node:path';
import {onGround} from '../engine/prepare-execution.ts';
import {clearAway} from '../engine/recover.ts';
import {MilestoneError} from '../errors.ts';
import type {Usage} from '../events/details/driver.ts';
import {checkedOutAt} from '../git/checkout.ts';
import {git, type Repository} from '../git/git.ts';
import {readHead, writeRef} from '../git/refs.ts';
import {openRepository} from '../git/repository.ts';
import {slotsInPools} from '../git/slot-folders.ts';
import {foldLog} from '../milestone/fold-log.ts';
import {type CommandOptions, type HeldMilestone, hold} from '../milestone/hold.ts';
import {type HomePaths, homePaths} from '../plan/file/home.ts';
import {planText} from '../plan/file/plan-text.ts';
import {renderPlan} from '../plan/layout.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {fileError, syncFolder} from '../platform/files.ts';
import {movePlanFile, PlanFileWriter} from '../projections/plan-file-writer.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {timeName} from '../workspace/slots/set-aside.ts';

/** What there is of a milestone. */
export interface Discardable {
  id: MilestoneId;
  /** Null without git, or when it is gone already. */
  branch: string | null;
  commit: string | null;
  /** Commits on the branch since its base. */
  commits: number;
  spent: Usage;
  slots: number;
  /** Branch that has it, or a part of it, and keeps it. */
  landed: string | null;
}

export interface Discarded extends Discardable {
  /** Keeps the commit. */
  ref: string | null;
  /** Where its event log and the output of its attempts are now. */
  logs: string;
}

/**
 * What a discard would take away. Changes nothing.
 * @throws {MilestoneError} `WRONG_STATUS` for what was never executed here.
 */
export async function discardable(home: string, id: MilestoneId): Promise<Discardable> {
  const state = foldLog(homePaths(home), id)?.state;
  if (!state?.activation) throw nothingToDiscard(id);
  return describe(state, await openRepository(path.dirname(home)));
}

async function describe(state: MilestoneState, repo: Repository | undefined): Promise<Discardable> {
  const {id, activation, spending, landed} = state;
  const branch = activation?.branch;
  const commit = repo && branch !== undefined ? await readHead(repo, branch) : undefined;
  const range = activation?.base === undefined ? [] : [`^${activation.base}`];
  const counted = repo && commit ? await git(repo, ['rev-list', '--count', '--end-of-options', commit, ...range]) : '0';
  const slots = repo ? slotsInPools(repo).filter(({pool}) => path.basename(pool) === id).length : 0;
  return {
    id,
    branch: commit === undefined ? null : (branch ?? null),
    commit: commit ?? null,
    commits: Number(counted.trim()),
    spent: spending.used,
    slots,
    landed: landed?.into ?? null,
  };
}

function nothingToDiscard(id: MilestoneId): MilestoneError {
  return new MilestoneError(
    'WRONG_STATUS',
    `milestone \`${id}\` was not executed here, so there is nothing to discard`,
  );
}

/**
 * Take a milestone back.
 * @throws {MilestoneError} as `hold`; `WRONG_STATUS` for what was never executed, or whose branch is checked out;
 * `PLAN_INVALID` for a plan that cannot be read.
 */
export async function discard(options: CommandOptions): Promise<Discarded> {
  return hold({...options, purpose: 'command'}, async held => {
    const {state, repo, paths, id, clock, planFile, read} = held;
    if (!state.activation) throw nothingToDiscard(id);
    if (!read.layout && fs.existsSync(planFile)) throw unreadable(id, planFile);
    const what = await describe(state, repo);
    if (repo && what.branch !== null) await assertNotCheckedOut(repo, what.branch, id);
    const time = timeName(clock);
    const ref = repo && what.commit !== null ? await keepTip(repo, id, what.commit, time) : null;
    await onGround(held, options, clearAway);
    await held.flush();
    if (repo) await removeRefs(repo, id, what, time);
    await writePlanned(held, options);
    return {...what, ref, logs: putLogsAside(paths, id, time)};
  });
}

/** What it says of its state could not be taken out of it. */
function unreadable(id: MilestoneId, file: string): MilestoneError {
  return new MilestoneError('PLAN_INVALID', `the plan of milestone \`${id}\` cannot be read`, {
    hint: `milestone validate ${id}`,
    where: {file},
  });
}

/** @throws {MilestoneError} `WRONG_STATUS`: the checkout would be at no commit. */
async function assertNotCheckedOut(repo: Repository, branch: string, id: MilestoneId): Promise<void> {
  const [checkout] = await checkedOutAt(repo, branch);
  if (!checkout) return;
  throw new MilestoneError('WRONG_STATUS', `\`${checkout.topLevel}\` has \`${branch}\` checked out`, {
    hint: `\`git -C ${checkout.topLevel} switch <branch>\`, then \`milestone discard ${id}\``,
  });
}

function discardedRef(id: MilestoneId, time: string): string {
  return `refs/milestone/rescue/${id}/discarded.${time}`;
}

async function keepTip(repo: Repository, id: MilestoneId, commit: string, time: string): Promise<string> {
  const ref = discardedRef(id, time);
  await writeRef(repo, ref, commit, 'milestone: discarded');
  return ref;
}

/** Take the branch away, and give what is kept of attempts another name: the next ones are numbered anew. */
async function removeRefs(
  repo: Repository,
  id: MilestoneId,
  {branch, commit}: Discardable,
  time: string,
): Promise<void> {
  const folder = `refs/milestone/rescue/${id}/`;
  const listed = await git(repo, ['for-each-ref', '--format=%(refname) %(objectname)', folder]);
  const kept = listed.split('\n').flatMap(line => {
    const [ref = '', object = ''] = line.split(' ');
    const name = ref.slice(folder.length);
    if (ref === '' || name.startsWith('discarded.')) return [];
    const next = `${discardedRef(id, time)}-${name.replaceAll('/', '-')}`;
    return [`update ${next} ${object}\n`, `delete ${ref} ${object}\n`];
  });
  const own = branch === null ? [] : [`delete refs/heads/${branch} ${commit}\n`];
  const input = [...kept, ...own].join('');
  if (input !== '') await git(repo, ['update-ref', '-m', 'milestone: discarded', '--stdin'], {input});
}

/** The plan as a person wrote it: nothing of its state, to be executed. */
async function writePlanned({paths, id, planFile, state}: HeldMilestone, {readPlan}: CommandOptions): Promise<void> {
  const read = await readPlan(planFile, paths.config);
  const planned = {status: 'planned', tasks: {get: () => ({})}};
  const text = read.layout ? renderPlan(read.text, read.layout, planned) : planText(state.plan);
  await new PlanFileWriter(planFile, read.text).write(text);
  if (planFile === paths.completed(id)) movePlanFile(planFile, paths.active(id));
}

/** @returns The folder that holds them now. */
function putLogsAside(paths: HomePaths, id: MilestoneId, time: string): string {
  const folder = `${paths.attemptLogs(id)}.discarded.${time}`;
  try {
    fs.mkdirSync(paths.attemptLogs(id), {recursive: true});
    fs.renameSync(paths.attemptLogs(id), folder);
    fs.rmSync(paths.cache(id), {force: true});
    // The last step: as long as there is a log, the milestone is what the log says.
    fs.renameSync(paths.log(id), path.join(folder, path.basename(paths.log(id))));
    for (const changed of [folder, paths.logsFolder]) syncFolder(changed);
    return folder;
  } catch (error) {
    throw fileError(error, `put \`${paths.log(id)}\` aside`);
  }
}
