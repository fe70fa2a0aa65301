import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type {Check} from '../../drivers/run-checks.ts';
import {MilestoneError} from '../../errors.ts';
import type {CheckResult} from '../../events/details/checks.ts';
import type {Outcome} from '../../events/details/outcome.ts';
import type {Repository} from '../../git/git.ts';
import {workFolder} from '../../git/repository.ts';
import type {WorkspaceSettings} from '../../plan/plan.ts';
import {fileError, readIfExists, replaceFile} from '../../platform/files.ts';
import {firstLine} from '../../platform/first-line.ts';
import {exitCodeText} from '../../platform/processes/start-group.ts';
import type {StopSignal} from '../../platform/processes/stop-signal.ts';
import type {AttemptPlace} from '../workspace.ts';
import {copyIntoSlot} from './copy-into-slot.ts';

/** Which attempt a setup is for; absent for the merge queue's own slot. */
export interface SetupOccasion {
  place?: AttemptPlace;
  /** The worktree is new: whatever was set up is gone. */
  isNew: boolean;
  signal: StopSignal;
}

export interface SetupSetting {
  place: AttemptPlace | undefined;
  slot: number;
  cwd: string;
}

export interface SetupParts {
  repo: Repository;
  /** As they are in force now: the plan may be edited between two attempts. */
  settings(): WorkspaceSettings;
  runCheck(check: Check, where: SetupSetting & {signal: StopSignal}): Promise<CheckResult | undefined>;
  /** The same, ended by whatever ends attempts from now on. */
  runTeardown(check: Check, where: SetupSetting): Promise<CheckResult | undefined>;
  warn(message: string): void;
}

/** Name of the file in a slot's private git folder that says what the slot was last set up for. */
const SETUP_NOTE = 'milestone-setup';

/** Provides slots with what git does not: files that are not committed, and what `workspace.setup` makes. */
export class SlotSetup {
  /** Whoever stopped the teardown of one slot does not want to wait for those of the others either. */
  private isStopped = false;

  constructor(private readonly parts: SetupParts) {}

  /** Set a slot up, unless it already is. @returns What to say of the attempt when that fails. */
  async run(slot: Repository, number: number, occasion: SetupOccasion): Promise<Outcome | undefined> {
    const {place, isNew, signal} = occasion;
    const {setup, include = []} = this.parts.settings();
    if (isNew) this.forget(slot);
    for (const file of include) {
      const failed = await this.copy(slot, file, signal);
      if (failed) return failed;
    }
    if (setup === undefined || signal.aborted) return undefined;
    const wanted = this.fingerprint(slot, setup);
    if (readIfExists(noteOf(slot)) === wanted) return undefined;
    this.forget(slot);
    const check = {name: 'setup' as const, command: setup};
    const result = await this.parts.runCheck(check, {place, slot: number, cwd: workFolder(slot), signal});
    if (result?.ok) replaceFile(noteOf(slot), wanted, {durable: false});
    return result === undefined || result.ok ? undefined : failedSetup(result);
  }

  /** What a slot was set up for is gone: the next `run` starts anew, also one of another executor. */
  forget(slot: Repository): void {
    fs.rmSync(noteOf(slot), {force: true});
  }

  /** Whether there is something to be given back. */
  get tearsDown(): boolean {
    return this.parts.settings().teardown !== undefined;
  }

  /** Give back what a setup took; a failure is only worth a warning. */
  async tearDown(slot: Repository, number: number): Promise<void> {
    const {teardown} = this.parts.settings();
    if (teardown === undefined) return;
    const check = {name: 'teardown' as const, command: teardown};
    const where = {place: undefined, slot: number, cwd: workFolder(slot)};
    const result = this.isStopped ? undefined : await this.parts.runTeardown(check, where);
    this.isStopped = result === undefined;
    const wrong = result === undefined ? 'was stopped' : result.ok ? undefined : 'failed';
    if (wrong !== undefined) this.parts.warn(`\`workspace.teardown\` ${wrong} in \`${slot.topLevel}\``);
  }

  private async copy(slot: Repository, file: string, signal: StopSignal): Promise<Outcome | undefined> {
    try {
      const isCopied = await copyIntoSlot(file, {repo: this.parts.repo, slot, signal});
      if (!isCopied)
        this.parts.warn(
          `\`${file}\` (\`workspace.include\`) is not ignored by git, so it is not copied: it would be committed`,
        );
      return undefined;
    } catch (error) {
      return failedCopy(file, error);
    }
  }

  /** What the setup depends on: its command, and the files of `setup_when`. */
  private fingerprint(slot: Repository, setup: string): string {
    const hash = createHash('sha256').update(setup);
    for (const file of this.parts.settings().setup_when ?? [])
      hash.update(`\0${file}\0${readIfExists(path.join(workFolder(slot), file)) ?? ''}`);
    return hash.digest('hex');
  }
}

function noteOf({gitDir}: Repository): string {
  return path.join(gitDir, SETUP_NOTE);
}

/** @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`: no other attempt would fare better. */
function failedCopy(file: string, error: unknown): Outcome {
  const failure = error instanceof MilestoneError ? error : fileError(error, `copy \`${file}\``);
  if (failure.code === 'DISK_FULL' || failure.code === 'READ_ONLY') throw failure;
  return {
    kind: 'failed',
    cause: 'setup',
    message: `could not start: \`${file}\` (\`workspace.include\`) could not be copied: ${(error as Error).message}`,
  };
}

function failedSetup({command, exit_code}: CheckResult): Outcome {
  const how = exit_code === null ? 'did not end in time' : `failed with ${exitCodeText(exit_code)}`;
  return {
    kind: 'failed',
    cause: 'setup',
    message: `could not start: \`${firstLine(command)}\` (\`workspace.setup\`) ${how}`,
  };
}
