// What executions of this home have left at the remote and in the workers' database: a worker that was taken for dead may
// push after its execution is over, and either may have been away when that ended.
//
// L1. Whoever is listed was there before the log is read: an attempt that is not open then will not be again.
// L2. Another home's executions are not known here, and what is theirs stays.

import type {Repository} from '../git/git.ts';
import type {Clock} from '../platform/clock.ts';
import {attemptsOf, type MilestoneState} from '../state/milestone.ts';
import {BossPool, listReported} from '../workers/boss-pool.ts';
import {Engine} from '../workers/engine.ts';
import {executionOfRef, readWorkRef, reportsQueue} from '../workers/names.ts';
import {RemoteWork} from '../workers/remote-work.ts';
import {listRemoteRefs, removeRemoteRefs} from '../workers/transport.ts';

export interface LeftWithWorkersParts {
  repo: Repository;
  /** Name of the remote. */
  remote: string;
  /** As `EngineOptions.connect`. */
  connect(): string;
  clock: Clock;
  warn(message: string): void;
}

/** An execution that nobody goes on with, or how the one that is going on stands. */
export type OwnExecution =
  | {id: string; isOver: true}
  | {id: string; isOver: false; state: Pick<MilestoneState, 'tasks' | 'removed'>};

export class LeftWithWorkers {
  private constructor(
    private readonly parts: LeftWithWorkersParts,
    private readonly refs: readonly string[],
    /** Executions of which the database has a queue. */
    private readonly queues: ReadonlySet<string>,
  ) {}

  /** Look what is there; of a remote or a database that is away there is a warning, and nothing else. */
  static async find(parts: LeftWithWorkersParts): Promise<LeftWithWorkers> {
    const {repo, remote, warn} = parts;
    const [refs, queues] = await Promise.all([
      listRemoteRefs(repo, remote, 'refs/milestone/').catch(error => {
        warn(`what workers have left at the remote \`${remote}\` cannot be looked at: ${(error as Error).message}`);
        return [];
      }),
      reported(parts).catch(error => {
        warn(`what workers have left in their database cannot be looked at: ${(error as Error).message}`);
        return [];
      }),
    ]);
    return new LeftWithWorkers(
      parts,
      refs.map(({ref}) => ref),
      new Set(queues),
    );
  }

  /**
   * Names of refs and queues of an execution that nobody needs.
   * @param before Milliseconds since the epoch; what was pushed later stays, where the execution goes on.
   */
  of(execution: OwnExecution, before: number): string[] {
    const refs = this.refs.filter(ref => isLeft(ref, execution, before));
    return execution.isOver && this.queues.has(execution.id) ? [...refs, reportsQueue(execution.id)] : refs;
  }

  /** Take away what `of` has named. That it cannot be is a warning. */
  async free(execution: OwnExecution, names: readonly string[]): Promise<void> {
    const {repo, remote, clock, connect, warn} = this.parts;
    try {
      if (!execution.isOver) return await removeRemoteRefs(repo, remote, names);
      const pool = new BossPool({connect, execution: execution.id, peeks: {clock}});
      const work = new RemoteWork({pool, repo, remote, execution: execution.id, clock});
      try {
        await work.forget();
      } finally {
        await work.close();
      }
    } catch (error) {
      warn(`what workers have left at the remote \`${remote}\` is still there: ${(error as Error).message}`);
    }
  }
}

/** Whether a ref of the remote is this execution's, and nobody will look at it any more. */
export function isLeft(ref: string, execution: OwnExecution, before: number): boolean {
  if (executionOfRef(ref) !== execution.id) return false;
  if (execution.isOver) return true;
  const {state} = execution;
  const work = readWorkRef(ref);
  if (!work || work.pushedAt > before) return false;
  const task = state.tasks.get(work.task);
  const isOpen = task?.status === 'in_progress' && task.attempt === work.attempt;
  const known = attemptsOf(state as MilestoneState, work.task) ?? 0;
  return !isOpen && work.attempt <= known;
}

async function reported({connect}: LeftWithWorkersParts): Promise<string[]> {
  const engine = new Engine({connect, name: 'milestone clean', connections: 1});
  try {
    return await engine.ask(listReported);
  } finally {
    await engine.close();
  }
}
