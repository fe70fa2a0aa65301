import {type Check, runChecks} from '../drivers/run-checks.ts';
import type {CheckResult} from '../events/details/checks.ts';
import {allEnded} from '../platform/all-ended.ts';
import type {Clock} from '../platform/clock.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import {milestoneToken} from '../state/left-behind.ts';
import type {RepositoryWatch} from '../workspace/repository-watch.ts';
import type {AttemptPlace, Workspace} from '../workspace/workspace.ts';
import type {InForce} from './in-force.ts';
import type {Ledger} from './ledger.ts';
import type {LiveAttempts} from './live-attempts.ts';
import {underWatch} from './repository-changes.ts';
import type {Surroundings} from './surroundings.ts';

export interface CheckSetting {
  /** Undefined for the final check, which belongs to no attempt. */
  place: AttemptPlace | undefined;
  /** Number of the slot that `cwd` is in. */
  slot: number;
  cwd: string;
  signal: StopSignal;
  /** Keep the end of what green ones print, too. */
  keepsOutput?: boolean;
  /** Whether the slot is vacated as soon as they have ended like this: then nobody looks at what they have left. */
  vacates?(results: readonly CheckResult[]): boolean;
}

/** Checks that print to one log. */
export type CheckGroup = Pick<CheckSetting, 'place'> & {checks: readonly Check[]};

export interface CommandParts {
  ledger: Ledger;
  inForce: InForce;
  attempts: LiveAttempts;
  surroundings: Surroundings;
  clock: Clock;
}

export interface CommandOptions {
  /** Times that a red one is run again. */
  retries: number;
  /** The home, as what runs there sees it. */
  home: string;
}

/** Run commands of the plan in a folder; those of an attempt print to its log. @returns None when they were stopped. */
export async function runCommands(
  {ledger, inForce, attempts, surroundings, clock}: CommandParts,
  checks: readonly Check[],
  {place, slot, cwd, signal, keepsOutput = false}: CheckSetting,
  {retries, home}: CommandOptions,
): Promise<CheckResult[]> {
  const {settings} = inForce;
  const task = place && ledger.state.tasks.get(place.taskId);
  const token = task?.status === 'in_progress' ? task.token : milestoneToken(ledger.state, surroundings.homeNumber);
  const of = {taskId: place?.taskId ?? '', attempt: place?.attempt ?? 0, slot};
  try {
    return await runChecks({
      checks: checks.map(check => ({shell: settings.shell, ...check})),
      cwd,
      env: surroundings.environmentOf(of, token, home),
      token,
      timeoutMs: settings.verifyTimeoutMs,
      retries,
      keepsOutput,
      logFile: place ? surroundings.logFileOf(place) : surroundings.checksLog,
      clock,
      signal,
      hurry: attempts.hurry,
      redactor: surroundings.redactor,
    });
  } catch (error) {
    if (signal.aborted) return [];
    throw error;
  }
}

export interface ChecksParts extends CommandParts {
  workspace: Workspace;
  repositoryWatch: RepositoryWatch | undefined;
}

/** Runs the checks of a milestone and its tasks. */
export class Checks {
  constructor(private readonly parts: ChecksParts) {}

  /** Run checks in a folder; what changes in the repository meanwhile is put on record. */
  async run(checks: readonly Check[], {place, ...where}: CheckSetting): Promise<CheckResult[]> {
    const [results = []] = await this.runBeside([{place, checks}], where);
    return results;
  }

  /** The same for checks of several attempts beside each other. @returns None of any when they were stopped. */
  async runBeside(groups: readonly CheckGroup[], where: Omit<CheckSetting, 'place'>): Promise<CheckResult[][]> {
    const place = groups.length === 1 ? groups[0]?.place : undefined;
    let isVacated = false;
    try {
      const results = await underWatch(this.parts, {place, cwd: where.cwd}, () =>
        allEnded(groups.map(group => this.runGroup(group, where))),
      );
      isVacated = where.vacates?.(results.flat()) ?? false;
      return results;
    } finally {
      if (!isVacated) await this.parts.workspace.noteLeft(where.slot);
    }
  }

  private runGroup({place, checks}: CheckGroup, where: Omit<CheckSetting, 'place'>): Promise<CheckResult[]> {
    const {workspace, inForce, surroundings} = this.parts;
    // The merge queue's slot has the code; the documents are accepted by then.
    const {home} = place && place.slot === where.slot ? workspace.workplaceOf(place) : surroundings.paths;
    return runCommands(this.parts, checks, {...where, place}, {retries: inForce.settings.verifyRetries, home});
  }
}
