/** Numbers of the slots of a worker: who takes one has it alone. */
export class Slots {
  readonly #free: number[];
  readonly #waiting: Array<(slot: number) => void> = [];

  constructor(count: number) {
    this.#free = Array.from({length: count}, (_, slot) => slot);
  }

  /** The lowest that is free, as soon as one is. */
  async take(): Promise<number> {
    const slot = this.#free.shift();
    return slot ?? new Promise(resolve => this.#waiting.push(resolve));
  }

  give(slot: number): void {
    const next = this.#waiting.shift();
    if (next) next(slot);
    else this.#free.push(slot);
    this.#free.sort((a, b) => a - b);
  }
}
