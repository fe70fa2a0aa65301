/** Numbers of the slots of a worker: who takes one has it alone. There are as many as there is ever work at a time. */
export class Slots {
  readonly #free: Set<number>;

  constructor(count: number) {
    this.#free = new Set(Array.from({length: count}, (_, slot) => slot));
  }

  /** The one that is wanted, where it is free, else the lowest that is. */
  take(wanted?: number): number {
    const slot = wanted !== undefined && this.#free.has(wanted) ? wanted : Math.min(...this.#free);
    this.#free.delete(slot);
    return slot;
  }

  give(slot: number): void {
    this.#free.add(slot);
  }
}
