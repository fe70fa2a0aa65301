// A milestone gets into the branch that it began at:
//
//   complete? ─> join (commits that nothing points at) ─> checks on that very commit, in a slot
//        (or, where a host has merged it: the commit that the branch's upstream is at)
//        milestone_landing, synced ─> the branch moves, if it still stands where it was ─> its checkouts follow
//        milestone_landed ─> slots go
//
// L1. The branch never stands at a commit of ours that was not checked whole: it moves by compare-and-swap, and what
//     moved meanwhile is joined and checked anew.
// L2. Killed at any point, the next call asks one question: does the branch have the commit that `milestone_landing`
//     names? Then what comes after the move is done again, and what has come since lands by itself; else all of it.

import fs from 'node:fs';
import {finishMove} from '../engine/move-completed.ts';
import {onGround} from '../engine/prepare-execution.ts';
import {MilestoneError} from '../errors.ts';
import type {CheckResult} from '../events/details/checks.ts';
import type {Landing, LandingKind} from '../events/details/milestone.ts';
import {advanceBranch, isAncestor, LANDED, readHead} from '../git/refs.ts';
import {foldLog} from '../milestone/fold-log.ts';
import {type CommandOptions, type HeldMilestone, hold} from '../milestone/hold.ts';
import {homePaths} from '../plan/file/home.ts';
import {renderPlan} from '../plan/layout.ts';
import type {TaskId} from '../plan/plan.ts';
import {folderNumber} from '../platform/files.ts';
import {endLeftovers} from '../platform/processes/end-processes.ts';
import type {Signals} from '../platform/processes/signals.ts';
import {stateFields} from '../projections/state-fields.ts';
import {leftBehind} from '../state/left-behind.ts';
import {isOver, type MilestoneState} from '../state/milestone.ts';
import {assertCheckoutsCanFollow} from '../workspace/checkout-in-the-way.ts';
import {type CheckParts, checkLanding, passHooks} from './check-landing.ts';
import {followAll} from './checkouts.ts';
import {join, joinRecord} from './join.ts';
import {assertBranch, landable, withoutGit, wrongStatus} from './landable.ts';
import {oneAtATime} from './one-at-a-time.ts';
import {findTarget, landedIn, mergedUpstream, type Target} from './target.ts';

export interface LandOptions extends CommandOptions {
  /** Absent: the branch that the milestone began at. */
  into?: string | undefined;
  kind: LandingKind;
  /** Also what is not complete. */
  partial: boolean;
  /** Take along what the home has of the milestone. */
  record: boolean;
  signals: Signals;
}

export interface Landed {
  into: string;
  commit: string;
  kind: LandingKind;
  tasks: TaskId[];
  checks: CheckResult[];
  /** It had got there before. */
  already: boolean;
  /** Top folders of the checkouts that followed. */
  followed: string[];
}

/** So often a branch may move while what is to land in it is checked. */
const TRIES = 5;

/**
 * Land a milestone.
 * @throws {MilestoneError} as `hold` and `findTarget`; `WRONG_STATUS` when it is not complete, `TREE_DIRTY`,
 * `MERGE_CONFLICT`, `CHECK_RED`.
 * @throws {Interrupted} when a signal has ended the checks; nothing has moved.
 */
export async function land(options: LandOptions): Promise<Landed> {
  await finishCompletion(options);
  return hold({...options, purpose: 'command'}, async held => {
    const {state, repo} = held;
    const head = repo && (await landable(repo, state, options));
    if (!repo || head === undefined) throw withoutGit(state);
    held.openLog();
    await endLeftovers(new Set(leftBehind(state, folderNumber(held.paths.home)).milestone), held.clock);
    const stop = new AbortController();
    return onGround(held, {...options, signal: stop.signal, inSlots: true}, ground =>
      new OneLanding({held, repo, ground, stop, head, options, signals: options.signals}).run(),
    );
  });
}

/** A crash may have come between the end of the milestone and the move of its plan. */
async function finishCompletion(options: LandOptions): Promise<void> {
  const paths = homePaths(options.home);
  const isCompleted = foldLog(paths, options.id)?.state.status === 'completed';
  if (!isCompleted || !fs.existsSync(paths.active(options.id))) return;
  await hold({...options, purpose: 'command'}, held => finishMove(held, options));
}

interface Parts extends CheckParts {
  head: string;
  options: LandOptions;
}

class OneLanding {
  constructor(private readonly parts: Parts) {}

  async run(): Promise<Landed> {
    try {
      return await this.bring();
    } finally {
      // What they held is kept elsewhere: nobody goes on in them.
      await this.freeSlots();
    }
  }

  private async bring(): Promise<Landed> {
    const {held, repo, head, options} = this.parts;
    const {state} = held;
    const pending = state.landing;
    let finished =
      pending && (await this.isThere(pending)) ? await this.alone(() => this.finish(pending, undefined)) : undefined;
    if (state.status !== 'completed' && !options.partial) {
      if (finished) return finished;
      if (pending) throw wrongStatus(state, `milestone land ${state.id} --partial`);
    }
    for (let tries = 1; ; tries++) {
      const target = await findTarget(repo, state, options.into);
      const there = await landedIn(repo, state, head, target);
      const record =
        there && options.record ? await joinRecord(repo, state, there, target, planOf(held, there)) : undefined;
      if (there && !record) return finished ?? this.wasThere(there);
      const merged = there ? undefined : await mergedUpstream(repo, state, head, target);
      if (!there && !merged) await assertBranch(repo, state);
      if (merged) {
        finished = (await this.carryOut(merged, target)) ?? finished;
        continue;
      }
      await this.alone(() => this.assertCheckoutsCanFollow(target));
      const {landing, checks} = await this.prepare(target, record);
      const landed = await this.carryOut(landing, target, checks);
      if (landed) return landed;
      if (tries === TRIES)
        throw new MilestoneError('WRONG_STATUS', `\`${target.into}\` moves again and again while the checks run`);
    }
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const {held, repo, options} = this.parts;
    return oneAtATime(repo, held, options.signal, work);
  }

  private assertCheckoutsCanFollow({into}: Target): Promise<void> {
    const {repo, held} = this.parts;
    return assertCheckoutsCanFollow(repo, into, `milestone land ${held.id}`);
  }

  /** @returns Undefined when the branch has moved meanwhile. */
  private carryOut(landing: Landing, target: Target, checks?: CheckResult[]): Promise<Landed | undefined> {
    return this.alone(async () => {
      // The checks may have taken long.
      await this.assertCheckoutsCanFollow(target);
      return (await this.move(landing, target)) ? this.finish(landing, checks) : undefined;
    });
  }

  /** Whether the move that was about to happen when something died did happen. */
  private async isThere({into, commit}: Landing): Promise<boolean> {
    const {repo} = this.parts;
    const now = await readHead(repo, into);
    return now !== undefined && (await isAncestor(repo, commit, now));
  }

  private async wasThere(there: Landing): Promise<Landed> {
    const {held, ground} = this.parts;
    if (isNews(held.state, there)) ground.ledger.record({event: 'milestone_landed', details: there});
    await ground.ledger.durable();
    return {...reportOf(held.state, there, []), already: true};
  }

  /** @param record What is to land when the target lacks nothing else. */
  private async prepare(
    target: Target,
    record: Landing | undefined,
  ): Promise<{landing: Landing; checks: CheckResult[]}> {
    const {held, repo, ground, head, options} = this.parts;
    const {workspace, inForce} = ground;
    const {branch} = workspace;
    if (!branch) throw withoutGit(held.state);
    await workspace.begin?.();
    const landing =
      record ??
      (await join(
        repo,
        held.state,
        {head, target},
        {
          kind: options.kind,
          record: options.record,
          ...(inForce.settings.git.hooks && {hooked: work => passHooks(repo, branch, work)}),
        },
      ));
    return {landing, checks: await checkLanding(this.parts, branch, landing.commit)};
  }

  /** @returns False when the branch has moved meanwhile. */
  private async move(landing: Landing, {isUnborn}: Target): Promise<boolean> {
    const {held, repo, ground} = this.parts;
    ground.ledger.record({event: 'milestone_landing', details: landing});
    await ground.ledger.durable();
    held.lock.check();
    const {into, onto, commit} = landing;
    const from = isUnborn ? '0'.repeat(onto.length) : onto;
    const move = {branch: into, from, to: commit, reason: `${LANDED}${held.id}`};
    if ((await advanceBranch(repo, move)).kind === 'advanced') return true;
    // A git of a process that died may have moved it after all.
    return this.isThere(landing);
  }

  private async finish(landing: Landing, checks: CheckResult[] | undefined): Promise<Landed> {
    const {held, repo, ground, options} = this.parts;
    // Whoever has moved the branch on since has seen to his checkouts.
    const isLast = (await readHead(repo, landing.into)) === landing.commit;
    const {followed, warnings} = isLast
      ? await followAll(repo, landing, held.paths.home)
      : {followed: [], warnings: []};
    for (const warning of warnings) options.warn(warning);
    ground.ledger.record({event: 'milestone_landed', details: {...landing, ...(checks && {checks})}});
    await ground.ledger.durable();
    return {...reportOf(held.state, landing, checks ?? []), followed};
  }

  /** What is not over goes on in its slots. */
  private async freeSlots(): Promise<void> {
    const {ground, held} = this.parts;
    if (isOver(held.state.status)) await ground.workspace.remove();
  }
}

/** The plan as it is going to be written once that is on record. */
export function planOf({read, state}: Pick<HeldMilestone, 'read' | 'state'>, landed: Landing): string | undefined {
  return read.layout && renderPlan(read.text, read.layout, stateFields({...state, landed}));
}

export function reportOf(
  {tasks}: Pick<MilestoneState, 'tasks'>,
  {into, commit, kind}: Pick<Landing, 'into' | 'commit' | 'kind'>,
  checks: CheckResult[],
): Landed {
  const done = [...tasks].flatMap(([id, {status}]) => (status === 'completed' ? id : []));
  return {into, commit, kind, tasks: done, checks, already: false, followed: []};
}

/** Whether the log lacks that the branch has it, or that it has all of what is completed now. */
export function isNews({landed, landedInPart, status}: MilestoneState, there: Landing): boolean {
  return there !== landed || (landedInPart === true && status === 'completed');
}
