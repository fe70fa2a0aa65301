// A workplace on another machine, beside those here: what was done there comes home as a commit, and goes the same way from
// then on.

import {stoppedOutcome} from '../drivers/driver.ts';
import type {Outcome} from '../events/details/outcome.ts';
import {git, type Repository} from '../git/git.ts';
import {UPDATE_REF} from '../git/refs.ts';
import {isInHome, workFolder} from '../git/repository.ts';
import {readCommit} from '../git/task-commits.ts';
import {compareObjects} from '../git/trees/compare-trees.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import type {RunningTask} from '../state/task.ts';
import {outOfArea} from '../workspace/freezer.ts';
import {keepPinned, pinTree, unpin} from '../workspace/frozen-refs.ts';
import {saveTree} from '../workspace/rescue.ts';
import type {
  AttemptPlace,
  Branch,
  FreezeOptions,
  FrozenWork,
  Origin,
  Workplace,
  Workspace,
} from '../workspace/workspace.ts';
import type {RemoteCommit} from './port.ts';
import type {RemoteWork} from './remote-work.ts';

export interface RemoteWorkspaceParts {
  remote: RemoteWork;
  repo: Repository;
  milestoneId: string;
  home: string;
  /** The attempt, if it was given to workers. */
  dispatchedOf(place: AttemptPlace): RunningTask | undefined;
  /** Whether anything was. */
  isSentOut(): boolean;
  warn(message: string): void;
}

/** A workspace some of whose places are on other machines. */
export class RemoteWorkspace implements Workspace {
  constructor(
    private readonly here: Workspace,
    private readonly parts: RemoteWorkspaceParts,
  ) {}

  get mergeSlot(): number {
    return this.here.mergeSlot;
  }

  get branch(): Branch | undefined {
    return this.here.branch;
  }

  async begin(): Promise<void> {
    await this.here.begin?.();
  }

  workplaceOf(place: AttemptPlace): Workplace {
    const task = this.parts.dispatchedOf(place);
    const {branch} = this.here;
    return task && branch ? new RemoteWorkplace(place, task, branch, this.parts) : this.here.workplaceOf(place);
  }

  open(place: AttemptPlace, from: Origin, signal: StopSignal): Promise<Workplace | {refused: Outcome}> {
    return this.here.open(place, from, signal);
  }

  checkAt<Result>(commit: string | undefined, check: (folder: string) => Promise<Result>): Promise<Result | undefined> {
    return this.here.checkAt(commit, check);
  }

  noteLeft(slot: number): Promise<void> {
    return this.here.noteLeft(slot);
  }

  async remove(): Promise<void> {
    await this.here.remove();
    if (!this.parts.isSentOut()) return;
    await this.parts.remote.forget().catch(error => {
      this.parts.warn(
        `what workers have pushed is still at the remote, until \`milestone clean\`: ${(error as Error).message}`,
      );
    });
  }
}

/** Where one attempt works, or has worked, at a worker. */
class RemoteWorkplace implements Workplace {
  readonly folder: string;
  readonly home: string;

  constructor(
    private readonly place: AttemptPlace,
    private readonly task: RunningTask,
    private readonly branch: Branch,
    private readonly parts: RemoteWorkspaceParts,
  ) {
    this.folder = workFolder(parts.repo);
    this.home = parts.home;
  }

  /** The one commit that was handed in; who pushes what later changes nothing. */
  async freeze({signal}: Pick<FreezeOptions, 'signal'>): Promise<FrozenWork | undefined> {
    const {delivered} = this.task;
    if (!delivered) throw new Error(`nothing was handed in of ${this.place.taskId}`);
    const {repo} = this.parts;
    const nothing = {tree: '', base: '', hasChanges: false, changedFiles: []};
    const isFetched = await this.#fetch(delivered, signal);
    if (isFetched === undefined) return {...nothing, refused: stoppedOutcome(signal)};
    if (!isFetched) return {...nothing, refused: lost(`its work ${delivered.commit} is not at the remote any more`)};
    const {tree, parents} = await readCommit(repo, delivered.commit);
    const [base = ''] = parents;
    if (parents.length !== 1 || base !== delivered.base)
      return {...nothing, refused: lost('its work was not made on what it was to start on')};
    const {files, newObjects} = await compareObjects(repo, base, tree);
    const work = {
      tree,
      objects: newObjects,
      base,
      hasChanges: files.length > 0,
      changedFiles: files.map(({path}) => path),
    };
    const inHome = work.changedFiles.filter(file => isInHome(repo, file));
    if (inHome.length > 0) return {...work, refused: outOfArea(inHome)};
    if (work.hasChanges) await pinTree(repo, {...this.#name, base}, tree);
    await this.#forgetFetched();
    return work;
  }

  /** Undefined when it was stopped. */
  async #fetch(delivered: RemoteCommit, signal: StopSignal): Promise<boolean | undefined> {
    try {
      return await this.parts.remote.fetchPatiently(delivered, this.#fetchedRef, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  async keep(work?: FrozenWork): Promise<void> {
    const {repo} = this.parts;
    const name = this.#name;
    if (work && !work.refused && (await this.branch.isWhole(work))) {
      await saveTree(repo, {...name, base: work.base}, work.tree);
      await unpin(repo, name);
      return;
    }
    if (await keepPinned(repo, name)) return;
    await this.#keepPushed().catch(error => {
      this.parts.warn(`what task \`${name.task}\` has pushed could not be fetched: ${(error as Error).message}`);
    });
  }

  async leave(): Promise<void> {}

  async hasChanged(): Promise<boolean> {
    return false;
  }

  /** The worker pushes what it has done so far. */
  async checkpoint(): Promise<undefined> {}

  async #keepPushed(): Promise<void> {
    const {remote, repo} = this.parts;
    const pushed = this.task.delivered ?? (await remote.lastWork(this.place));
    if (!pushed || !(await remote.fetch(pushed, this.#fetchedRef))) return;
    const {tree, parents} = await readCommit(repo, pushed.commit);
    const [base] = parents;
    if (base !== undefined) await saveTree(repo, {...this.#name, base}, tree);
    await this.#forgetFetched();
  }

  get #name() {
    return {id: this.parts.milestoneId, task: this.place.taskId, attempt: this.place.attempt};
  }

  get #fetchedRef(): string {
    const {id, task, attempt} = this.#name;
    return `refs/milestone/fetched/${id}/${task}.${attempt}`;
  }

  async #forgetFetched(): Promise<void> {
    await git(this.parts.repo, [...UPDATE_REF, '-d', this.#fetchedRef]);
  }
}

function lost(why: string): Outcome {
  return {kind: 'interrupted', message: `was interrupted: ${why}`, executor_died: false, worker_lost: true};
}
