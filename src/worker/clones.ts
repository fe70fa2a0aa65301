import {createHash} from 'node:crypto';
import path from 'node:path';
import {git, gitError, type Repository, tryGit} from '../git/git.ts';
import {UPDATE_REF} from '../git/refs.ts';
import {openRepository} from '../git/repository.ts';
import {slotPool} from '../git/slot-folders.ts';
import {makeFolder} from '../platform/files.ts';
import {gitEnvironment, runGit} from '../platform/processes/run-git.ts';
import {SerialQueue} from '../platform/serial-queue.ts';
import type {Order, RemoteCommit} from '../workers/port.ts';
import {fetchCommit} from '../workers/transport.ts';
import {mendSlots} from '../workspace/slots/mend-slots.ts';

/** A repository that a worker knows, with what it has fetched of it. */
export interface Clone {
  repo: Repository;
  /** `workspace.root` of its slots. */
  root: string;
  /** Have a commit here. @returns Whether the remote has it. @throws {MilestoneError} `GIT_FAILED` */
  fetch(commit: RemoteCommit): Promise<boolean>;
}

/** What the slots of a worker are called together, whichever milestone they serve. */
export const SLOTS = 'worker';

export interface ClonesParts {
  folder: string;
  env: NodeJS.ProcessEnv;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Whether nobody works in any of them but who asks. */
  isQuiet(): boolean;
}

/** The repositories of a worker. */
export class Clones {
  /** By remote. `tidiedAt`: milliseconds since the epoch. */
  readonly #open = new Map<string, {clone: Promise<Clone>; tidiedAt: number}>();

  constructor(private readonly parts: ClonesParts) {}

  /**
   * The clone of a remote, made at the first call, and tidied then and, when it is quiet, once a day.
   * @throws {MilestoneError} `GIT_FAILED`, those of the file system
   */
  of({remote, repository, objectFormat}: Pick<Order, 'remote' | 'repository' | 'objectFormat'>): Promise<Clone> {
    const known = this.#open.get(remote);
    const tidiedAt = this.parts.now();
    if (known && (tidiedAt - known.tidiedAt < TIDY_MS || !this.parts.isQuiet())) return known.clone;
    const clone = this.#make(remote, {repository, objectFormat}).catch(error => {
      this.#open.delete(remote);
      throw error;
    });
    this.#open.set(remote, {clone, tidiedAt});
    return clone;
  }

  async #make(remote: string, {repository, objectFormat}: Pick<Order, 'repository' | 'objectFormat'>): Promise<Clone> {
    const own = path.join(this.parts.folder, createHash('sha256').update(remote).digest('hex').slice(0, 16));
    const folder = path.join(own, path.basename(repository) || 'repository');
    makeFolder(folder);
    const args = ['init', '--quiet', `--object-format=${objectFormat}`];
    const made = await runGit(args, {cwd: folder, env: gitEnvironment(this.parts.env)});
    if (made.code !== 0) throw gitError(args, made);
    const repo = (await openRepository(folder, this.parts.env)) as Repository;
    const root = path.join(own, 'slots');
    await mendSlots(repo, slotPool(repo, root, SLOTS));
    await this.#tidy(repo);
    const queue = new SerialQueue();
    return {repo, root, fetch: wanted => queue.run(() => fetchCommit(repo, remote, wanted, wanted.ref))};
  }

  /** Before anything works in it: what others have offered is fetched anew, and what could not be pushed stays a while. */
  async #tidy(repo: Repository): Promise<void> {
    const format = '--format=%(committerdate:unix) %(refname)';
    const listed = await git(repo, ['for-each-ref', format, ...OFFERED, 'refs/milestone/rescue']);
    const before = this.parts.now() / 1_000 - KEEP_S;
    const input = listed.split('\n').flatMap(line => {
      const [time, ref = ''] = line.split(' ');
      const isGone = OFFERED.some(folder => ref.startsWith(folder)) || (ref !== '' && Number(time) < before);
      return isGone ? `delete ${ref}\n` : [];
    });
    if (input.length > 0) await git(repo, [...UPDATE_REF, '--stdin'], {input: input.join('')});
    // What does not work here is no reason not to begin.
    await tryGit(repo, ['-c', `gc.auto=${MANY_OBJECTS}`, '-c', 'gc.autoDetach=false', 'gc', '--auto', '--quiet']);
  }
}

/** What attempts start from, and checks are run on. */
const OFFERED = ['refs/milestone/base', 'refs/milestone/origin', 'refs/milestone/tip'];
/** For work that the remote could not be brought. */
const KEEP_S = 30 * 86_400;
/** Between two times that a clone is tidied. */
const TIDY_MS = 86_400_000;
/** Outside packs; git's own default. */
const MANY_OBJECTS = 6_700;
