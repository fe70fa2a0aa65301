import {MilestoneError} from '../errors.ts';
import {asMachineFailure} from '../platform/machine-failure.ts';

/** How an execution is to end, once nothing runs any more. */
export interface Ending {
  exit: number;
  /** For people, and for `session_ended`. */
  reason: string;
  hint?: string;
  /** What went wrong, when something did. */
  error?: unknown;
}

/** Whether an execution goes on. Once `ending` is set nothing new starts; it is over when no job is left. */
export class Lifetime {
  private decided: Ending | undefined;
  private readonly over = new AbortController();
  private readonly failureListeners: Array<() => void> = [];
  /** Resolves once `ending` is set. */
  readonly whenEnding = new Promise<void>(resolve => {
    this.signal.addEventListener('abort', () => resolve(), {once: true});
  });

  get ending(): Ending | undefined {
    return this.decided;
  }

  /** Aborts when the execution is to end. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** Start nothing more; end when nothing runs. The first call decides. */
  end(ending: Ending): void {
    if (this.decided) return;
    this.decided = ending;
    this.over.abort();
  }

  /** The machine or the program failed: end at once. It outranks whatever the execution was ending for. */
  fail(failure: unknown): void {
    if (this.decided?.error !== undefined) return;
    const error = asMachineFailure(failure);
    const message = error instanceof Error ? error.message : String(error);
    this.decided = {exit: error instanceof MilestoneError ? error.exitCode : 1, reason: message, error};
    for (const tell of this.failureListeners) tell();
    this.over.abort();
  }

  /** Have `listener` called at a failure, before the signal aborts. */
  onFailure(listener: () => void): void {
    this.failureListeners.push(listener);
  }
}
