import {SerialQueue} from '../platform/serial-queue.ts';
import type {Branch, BranchHead, QueuedWork} from '../workspace/workspace.ts';

/** Whatever moves the branch, or counts on its standing still, one after the other. */
export class MergeQueue {
  /** What this process knows of queued works, by the commit that holds each: git need not be asked for it. */
  readonly works = new Map<string, QueuedWork>();
  private readonly turns = new SerialQueue();

  constructor(private readonly branch: Pick<Branch, 'head'> | undefined) {}

  /**
   * Work on the head of the branch, while nobody else does.
   * @param work Gets the head as it is when its turn has come; undefined outside git.
   */
  run<Result>(work: (head: BranchHead | undefined) => Promise<Result>): Promise<Result> {
    return this.turns.run(async () => work(await this.branch?.head()));
  }
}
