// Mends what a look has found. Under the milestone's lock; the user's checkout and his branches are never touched.

import fs from 'node:fs';
import path from 'node:path';
import {finishMove} from '../engine/move-completed.ts';
import {onGround} from '../engine/prepare-execution.ts';
import {clearAway} from '../engine/recover.ts';
import {slotPool, slotsInPools} from '../git/slot-folders.ts';
import {type CommandOptions, type HeldMilestone, holdUnread, type LockedMilestone} from '../milestone/hold.ts';
import {sweep} from '../milestone/sweep.ts';
import {ensureHomeFiles} from '../plan/file/home.ts';
import {planText} from '../plan/file/plan-text.ts';
import {resolveMilestoneSettings} from '../plan/settings.ts';
import {listFolder, replaceFile} from '../platform/files.ts';
import {endLeftovers} from '../platform/processes/end-processes.ts';
import {answersIn} from '../requests/answer-requests.ts';
import {finishRequest, leftoverRequests} from '../requests/inbox.ts';
import {attemptsOf, isOver} from '../state/milestone.ts';
import {keepUnknownRescues} from '../workspace/rescue.ts';
import {mendSlots} from '../workspace/slots/mend-slots.ts';
import {repairLog} from './repair-log.ts';

/** Mend what belongs to no milestone. @returns What was done, in words. */
export function repairHome(home: string, gitignore: string): string[] {
  if (fs.existsSync(gitignore)) return [];
  ensureHomeFiles(home);
  return [`wrote \`${gitignore}\``];
}

/**
 * Mend one milestone, as far as it can be.
 * @returns What was done, in words.
 * @throws {MilestoneError} `LOCKED` when somebody works on it; `PLAN_INVALID`, `BASE_MISSING` when its log is lost and
 * cannot be begun anew.
 */
export function repairMilestone(options: CommandOptions): Promise<string[]> {
  return holdUnread({...options, purpose: 'command'}, async (locked, fold) => {
    const {done, tokens} = await repairLog(locked);
    const {found} = await endLeftovers(tokens, locked.clock);
    if (found.length > 0) done.push(`ended ${found.map(({pid, name}) => `process ${pid} (${name})`).join(', ')}`);
    done.push(...(await mendWorktrees(locked)), ...removeJunk(locked));
    if (!fs.existsSync(locked.paths.log(locked.id))) return done;
    const held = fold();
    done.push(...(await restorePlan(held, options)), ...(await keepRescues(held)), ...(await clearUp(held, options)));
    return done;
  });
}

/** The plan in force is in the log; a plan file that was deleted is written anew, and says the state again as well. */
async function restorePlan(held: HeldMilestone, {readPlan}: CommandOptions): Promise<string[]> {
  const {planFile, paths, state} = held;
  if (fs.existsSync(planFile)) return [];
  replaceFile(planFile, planText(state.plan));
  held.read = await readPlan(planFile, paths.config);
  if (state.refused) await held.record([{event: 'plan_changed', details: {change: {}, warnings: []}}]);
  held.openLog();
  await held.flush();
  return [`wrote the plan in force to \`${planFile}\`; comments that it had are lost`];
}

async function keepRescues({repo, id, state, clock}: HeldMilestone): Promise<string[]> {
  if (!repo) return [];
  const moved = await keepUnknownRescues(repo, id, {known: task => attemptsOf(state, task), now: clock.now()});
  return moved.map(({ref, kept}) => `kept the work at \`${ref}\` as \`${kept}\``);
}

/** Let everything follow the log, which is sound now. */
async function clearUp(held: HeldMilestone, options: CommandOptions): Promise<string[]> {
  const {state, id, planFile, paths} = held;
  if (state.seq === 0) return [];
  const done = finishAnswered(held);
  const before = fs.readFileSync(planFile, 'utf8');
  held.openLog();
  if (isOver(state.status) && state.activation) {
    const hadSlots = slotsOf(held).length > 0;
    await onGround(held, options, clearAway);
    if (hadSlots) done.push(`removed the worktrees of \`${id}\`, which is ${state.status}`);
  }
  await held.flush();
  if (fs.readFileSync(planFile, 'utf8') !== before) done.push(`brought \`${planFile}\` up to date`);
  if (await finishMove(held, options)) done.push(`moved the plan of \`${id}\` to \`${paths.completed(id)}\``);
  return done;
}

function slotsOf({repo, id, read}: LockedMilestone) {
  if (!repo) return [];
  const {workspace} = resolveMilestoneSettings(read.plan?.settings ?? {}, read.config.settings);
  const pool = slotPool(repo, workspace.root, id);
  return slotsInPools(repo).flatMap(found => (found.pool === pool ? [found.slot] : []));
}

/** Under the lock, and after the gits of a dead executor have ended. */
async function mendWorktrees({repo, id, read}: LockedMilestone): Promise<string[]> {
  if (!repo) return [];
  const {workspace} = resolveMilestoneSettings(read.plan?.settings ?? {}, read.config.settings);
  return mendSlots(repo, slotPool(repo, workspace.root, id));
}

function removeJunk(locked: LockedMilestone): string[] {
  sweep(locked);
  const {paths, id} = locked;
  const junk = path.join(paths.inbox(id), 'junk');
  if (listFolder(junk).length === 0) return [];
  fs.rmSync(junk, {recursive: true, force: true});
  return [`removed \`${junk}\``];
}

/** What a dead executor had answered but not taken away; the rest waits for the next one. */
function finishAnswered({paths, id}: HeldMilestone): string[] {
  const {requests} = leftoverRequests(paths.inbox(id));
  if (requests.length === 0) return [];
  const answered = answersIn(paths.log(id));
  const finished = requests.filter(request => answered.has(request.request_id));
  for (const request of finished) finishRequest(paths.inbox(id), request);
  return finished.length === 0 ? [] : [`removed ${finished.length} answered from \`${paths.inbox(id)}\``];
}
