import type {PgBoss} from 'pg-boss';
import {listWorkers} from '../workers/boss-pool.ts';
import {askingOf} from '../workers/names.ts';

/** Take away the own queues of workers that have gone, once the engine keeps no job of theirs any more. */
export async function removeOldQueues(boss: PgBoss, ownId: string): Promise<void> {
  const own = (await boss.getQueues()).flatMap(({name}) => {
    const asking = askingOf(name);
    return asking && 'worker' in asking ? [{name, id: asking.worker}] : [];
  });
  if (own.length === 0) return;
  const workers = await listWorkers(boss);
  const there = new Set([ownId, ...workers.filter(({live}) => live).map(({id}) => id)]);
  for (const {name, id} of own)
    if (!there.has(id) && (await boss.findJobs(name, {limit: 1})).length === 0) await boss.deleteQueue(name);
}
