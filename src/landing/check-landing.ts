import type {Check} from '../drivers/run-checks.ts';
import {MilestoneError} from '../errors.ts';
import type {CheckResult} from '../events/details/checks.ts';
import {Checks} from '../execution/checks.ts';
import type {Ground} from '../execution/execution.ts';
import type {Repository} from '../git/git.ts';
import {runCommitHooks} from '../git/hooks.ts';
import {milestoneBranch} from '../git/refs.ts';
import {slotAt} from '../git/slot-folders.ts';
import type {HeldMilestone} from '../milestone/hold.ts';
import {firstLine} from '../platform/first-line.ts';
import {Interrupted, type SignalName, type Signals} from '../platform/processes/signals.ts';
import {exitCodeText} from '../platform/processes/start-group.ts';
import {RepositoryWatch} from '../workspace/repository-watch.ts';
import type {Branch} from '../workspace/workspace.ts';

export interface CheckParts {
  held: HeldMilestone;
  repo: Repository;
  ground: Ground;
  /** Ends what makes the slot ready. */
  stop: AbortController;
  signals: Signals;
}

/**
 * Run the milestone's checks on the very commit that is to land, in the slot for checks.
 * @throws {MilestoneError} `CHECK_RED`
 * @throws {Interrupted} when a signal has ended them.
 */
export async function checkLanding(
  {ground, signals, held, repo, stop}: CheckParts,
  branch: Branch,
  commit: string,
): Promise<CheckResult[]> {
  const {attempts} = ground;
  const slot = ground.workspace.mergeSlot;
  const checks = checksOf(ground);
  if (checks.length === 0) return [];
  let stoppedBy: SignalName | undefined;
  const stopListening = signals.listen(name => {
    const isAgain = stoppedBy !== undefined;
    stoppedBy = name;
    const outcome = {kind: 'interrupted' as const, message: `was interrupted by ${name}`, executor_died: false};
    attempts.interruptAll(outcome, isAgain);
    stop.abort();
  });
  try {
    const cwd = await branch.checkOutCommit(commit);
    if (stoppedBy !== undefined) throw new Interrupted(stoppedBy);
    const runner = new Checks({...ground, repositoryWatch: new RepositoryWatch(repo, held.id)});
    const results = await attempts.during({taskId: LANDING, attempt: slot}, signal =>
      runner.run(checks, {place: undefined, slot, cwd, signal}),
    );
    if (stoppedBy !== undefined) throw new Interrupted(stoppedBy);
    const red = results.find(({ok}) => !ok);
    if (red) throw isRed(held, red);
    return results;
  } finally {
    stopListening();
  }
}

function checksOf({inForce}: Ground): Check[] {
  const {verify, verifyFinal} = inForce.settings;
  return [
    ...(verify === undefined ? [] : [{name: 'milestone' as const, command: verify}]),
    ...(verifyFinal === undefined ? [] : [{name: 'final' as const, command: verifyFinal}]),
  ];
}

/**
 * Have the user's hooks for commits look at what is going to be committed, checked out in the slot for checks.
 * @throws {MilestoneError} `CHECK_RED` when one refuses it.
 */
export async function passHooks(
  repo: Repository,
  branch: Branch,
  {tree, message, onto}: {tree: string; message: string; onto: string},
) {
  const folder = await branch.checkOutCommit(await branch.commit(tree, onto, message));
  const top = repo.prefix === '' ? folder : folder.slice(0, -(repo.prefix.length + 1));
  const slot = slotAt(repo, top);
  if (!slot) throw new MilestoneError('GIT_FAILED', `the slot for checks is not at \`${top}\``);
  const result = await runCommitHooks(slot, {tree, message});
  if (result.ok) return result;
  const said = result.output.trim().split('\n').at(-1) ?? '';
  throw new MilestoneError('CHECK_RED', `the hook \`${result.hook}\` refuses it: ${said}`);
}

/** No task has an empty id. */
const LANDING = '';

function isRed({id}: HeldMilestone, {command, exit_code, output_tail}: CheckResult): MilestoneError {
  const how = exit_code === null ? 'did not end in time' : `failed with ${exitCodeText(exit_code)}`;
  const tail = (output_tail ?? '').trimEnd().split('\n').slice(-10).filter(Boolean);
  const said = tail.length === 0 ? '' : `:\n${tail.map(line => `    ${line}`).join('\n')}`;
  return new MilestoneError('CHECK_RED', `the check \`${firstLine(command)}\` ${how} on what would land${said}`, {
    hint: `mend it on \`${milestoneBranch(id)}\`, then \`milestone land ${id}\``,
  });
}
