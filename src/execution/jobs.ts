// Long work beside the ticks of the agents: attempts, checks, merges.

/** The jobs in progress. A job's failure is not its own affair: it reaches `onFailure`, which ends the execution. */
export class Jobs {
  private readonly running = new Map<string, Promise<void>>();

  constructor(private readonly onFailure: (error: unknown) => void) {}

  /** Start a job; one that is running already under that name is enough. */
  start(name: string, work: () => Promise<void>): void {
    if (this.running.has(name)) return;
    const job = work()
      .catch(this.onFailure)
      .finally(() => this.running.delete(name));
    this.running.set(name, job);
  }

  has(name: string): boolean {
    return this.running.has(name);
  }

  get size(): number {
    return this.running.size;
  }

  /** Resolves when no job is left, also none that was started meanwhile. */
  async allEnded(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running.values());
  }
}
