// Who is there to take what, as far as anybody knows: as of the last look at the engine's list.

import {askingOf, DEFAULT_POOL, queueOf} from './names.ts';
import type {WorkerInfo, WorkerPool} from './port.ts';

/** Why nobody takes an attempt at the moment. */
export type OutOfReach = {type: 'workers_unreachable' | 'no_worker'; message: string; hint: string; driver: string};

export class Roster {
  #workers: readonly WorkerInfo[] | undefined;
  #failure: string | undefined;

  /** @param pools Whose workers may be asked, the preferred ones first; at least one. */
  constructor(
    private readonly pool: Pick<WorkerPool, 'workers'>,
    private readonly pools: readonly string[],
  ) {}

  /** Look who is there. */
  async refresh(): Promise<void> {
    try {
      this.#workers = (await this.pool.workers()).filter(({live}) => live);
      this.#failure = undefined;
    } catch (error) {
      this.#failure = (error as Error).message;
    }
  }

  /** Why nobody takes what asks for these labels; undefined when somebody does, or before the first look. */
  outOfReach(labels: readonly string[]): OutOfReach | undefined {
    if (this.#failure !== undefined)
      return {
        type: 'workers_unreachable',
        message: this.#failure,
        hint: 'see that the database runs and that `workers.connect` in config.yaml is right; what runs goes on',
        driver: 'workers',
      };
    if (!this.#workers || this.#thatServe(labels).length > 0) return undefined;
    const pool = this.pools[0] === DEFAULT_POOL ? '' : ` --queue ${this.pools[0]}`;
    const wanted = labels.map(label => ` --label ${label}`).join('');
    const which = labels.length === 0 ? '' : ` that carries ${labels.map(label => `\`${label}\``).join(' and ')}`;
    return {
      type: 'no_worker',
      message: `there is no worker${which}${this.#inPools}`,
      hint: `\`milestone worker${pool}${wanted}\` on a machine that has what is needed`,
      driver: ['workers', ...labels].join(' '),
    };
  }

  /** Where what asks for these labels is sent: to the first pool that has a worker for it, else to the first of all. */
  queueFor(labels: readonly string[]): string {
    const pool = this.pools.find(one => this.#thatServe(labels, [one]).length > 0) ?? (this.pools[0] as string);
    return queueOf({pool, labels});
  }

  /** Queues of the workers that could take what asks for these labels, each for one of them alone. */
  ownQueuesFor(labels: readonly string[]): ReadonlySet<string> {
    return new Set(this.#thatServe(labels).map(({id}) => queueOf({worker: id})));
  }

  /** Whether what waits in a queue waits for nobody, while others could take it, or it should begin anew. */
  isStranded(queue: string): boolean {
    const asking = askingOf(queue);
    if (!asking || !this.#workers || this.#failure !== undefined) return false;
    if ('worker' in asking) return !this.#workers.some(({id}) => id === asking.worker);
    const {pool, labels} = asking;
    return this.#thatServe(labels, [pool]).length === 0 && this.#thatServe(labels).length > 0;
  }

  #thatServe(labels: readonly string[], pools = this.pools): WorkerInfo[] {
    return (this.#workers ?? []).filter(
      worker =>
        worker.queues.some(queue => pools.includes(queue)) && labels.every(label => worker.labels.includes(label)),
    );
  }

  get #inPools(): string {
    const isPlain = this.pools.length === 1 && this.pools[0] === DEFAULT_POOL;
    return isPlain ? '' : ` in ${this.pools.map(pool => `\`${pool}\``).join(' or ')}`;
  }
}
