import {SerialQueue} from '../platform/serial-queue.ts';
import type {BranchHead, Integration} from '../workspace/workspace.ts';

/** What work in the queue returns to be done again, on the head as it is then. */
export const AGAIN = Symbol('again');

export type OrAgain<Result> = Result | typeof AGAIN;

/** Whatever moves the branch, or counts on its standing still, one after the other. */
export class MergeQueue {
  private readonly turns = new SerialQueue();

  constructor(private readonly integration: Pick<Integration, 'readHead'> | undefined) {}

  /**
   * Work on the head of the branch, while nobody else does.
   * @param work Gets the head as it is when its turn has come; undefined outside git.
   */
  run<Result>(work: (head: BranchHead | undefined) => Promise<OrAgain<Result>>): Promise<Result> {
    return this.turns.run(async () => {
      for (;;) {
        const result = await work(await this.integration?.readHead());
        if (result !== AGAIN) return result as Result;
      }
    });
  }
}
