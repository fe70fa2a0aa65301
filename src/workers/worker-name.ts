import {DEFAULT_POOL} from './names.ts';
import type {WorkerInfo} from './port.ts';

/** What a worker says of itself in the engine's list of processes. */
export type WorkerName = Pick<WorkerInfo, 'name' | 'id' | 'version' | 'protocol' | 'labels' | 'queues' | 'slots'>;

const PREFIX = 'milestone worker ';

/** Its name in the engine's list of processes, which is all that others know of it. */
export function writeWorkerName({name, id, version, protocol, labels, queues, slots}: WorkerName): string {
  return PREFIX + JSON.stringify({name, id, version, protocol, labels, queues, slots});
}

/** @returns Undefined for a process that is no worker. */
export function readWorkerName(text: string | null): WorkerName | undefined {
  if (!text?.startsWith(PREFIX)) return undefined;
  try {
    // Earlier versions knew one pool, and had no id.
    return {id: '', queues: [DEFAULT_POOL], ...JSON.parse(text.slice(PREFIX.length))};
  } catch {
    return undefined;
  }
}
