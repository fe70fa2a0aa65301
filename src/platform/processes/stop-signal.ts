/**
 * What is needed of an AbortSignal to be told of an end. Every attempt has a few and nearly none is ever used: an
 * AbortController of each costs more than all the rest that an attempt keeps in memory.
 */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A signal, and the way to give it. */
export class StopSource implements StopSignal {
  aborted = false;
  reason: unknown;
  #listeners: Array<() => void> = [];

  /** Tell everybody, once; later calls change nothing. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_: 'abort', listener: () => void): void {
    if (!this.aborted) this.#listeners.push(listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter(other => other !== listener);
  }
}

/** Whether the reason of an end says that there is no time for a polite one. */
export function isImmediate(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && 'immediate' in reason && reason.immediate === true;
}
