import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type {CheckResult, Outcome} from '../events/event.ts';
import {type Repository, tryGit} from '../git/git.ts';
import {workFolder} from '../git/repository.ts';
import type {WorkspaceSettings} from '../milestone/plan.ts';
import {readIfExists, replaceFile} from '../platform/files.ts';
import type {StopSignal} from '../platform/stop-signal.ts';
import {firstLine} from '../text/first-line.ts';
import type {Check} from './checks.ts';
import type {AttemptPlace} from './workspace.ts';

/** Which attempt a setup is for; absent for the merge queue's own slot. */
export interface SetupOccasion {
  place?: AttemptPlace;
  /** The worktree is new: whatever was set up is gone. */
  isNew: boolean;
  signal: StopSignal;
}

export interface SetupParts {
  repo: Repository;
  settings: WorkspaceSettings;
  runCheck(
    check: Check,
    where: {place: AttemptPlace | undefined; slot: number; cwd: string; signal: StopSignal},
  ): Promise<CheckResult | undefined>;
  warn(message: string): void;
}

/** Name of the file in a slot's private git folder that says what the slot was last set up for. */
const SETUP_NOTE = 'milestone-setup';

/** Provides slots with what git does not: files that are not committed, and what `workspace.setup` makes. */
export class SlotSetup {
  constructor(private readonly parts: SetupParts) {}

  /** Set a slot up, unless it already is. @returns What to say of the attempt when that fails. */
  async run(slot: Repository, number: number, occasion: SetupOccasion): Promise<Outcome | undefined> {
    const {setup, include = []} = this.parts.settings;
    for (const file of include) await this.copy(slot, file);
    if (setup === undefined) return undefined;
    const note = path.join(slot.gitDir, SETUP_NOTE);
    const wanted = this.fingerprint(slot, setup);
    if (!occasion.isNew && readIfExists(note) === wanted) return undefined;
    fs.rmSync(note, {force: true});
    const {place, signal} = occasion;
    const check = {name: 'setup' as const, command: setup};
    const result = await this.parts.runCheck(check, {place, slot: number, cwd: workFolder(slot), signal});
    if (result?.ok) replaceFile(note, wanted, {durable: false});
    return result === undefined || result.ok ? undefined : failedSetup(result);
  }

  /** Give back what a setup took; a failure is only worth a warning. */
  async tearDown(slot: Repository, number: number): Promise<void> {
    const {teardown} = this.parts.settings;
    if (teardown === undefined) return;
    const check = {name: 'teardown' as const, command: teardown};
    const {signal} = new AbortController();
    const result = await this.parts.runCheck(check, {place: undefined, slot: number, cwd: workFolder(slot), signal});
    if (result && !result.ok) this.parts.warn(`\`workspace.teardown\` failed in \`${slot.topLevel}\``);
  }

  /** Copy a file that git ignores from the user's checkout. One that git would commit must not get into a slot. */
  private async copy(slot: Repository, file: string): Promise<void> {
    const from = path.join(workFolder(this.parts.repo), file);
    const to = path.join(workFolder(slot), file);
    if (!fs.existsSync(from)) return;
    const ignored = await tryGit(slot, ['check-ignore', '--quiet', '--', to]);
    if (ignored.code !== 0)
      return this.parts.warn(
        `\`${file}\` (\`workspace.include\`) is not ignored by git, so it is not copied: it would be committed`,
      );
    fs.mkdirSync(path.dirname(to), {recursive: true});
    fs.cpSync(from, to, {recursive: true, force: true, preserveTimestamps: true});
  }

  /** What the setup depends on: its command, and the files of `setup_when`. */
  private fingerprint(slot: Repository, setup: string): string {
    const hash = createHash('sha256').update(setup);
    for (const file of this.parts.settings.setup_when ?? [])
      hash.update(`\0${file}\0${readIfExists(path.join(workFolder(slot), file)) ?? ''}`);
    return hash.digest('hex');
  }
}

function failedSetup({command, exit_code}: CheckResult): Outcome {
  const how = exit_code === null ? 'did not end in time' : `failed with exit code ${exit_code}`;
  return {
    kind: 'failed',
    cause: 'setup',
    message: `could not start: \`${firstLine(command)}\` (\`workspace.setup\`) ${how}`,
  };
}
