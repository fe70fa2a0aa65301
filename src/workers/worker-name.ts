import type {WorkerInfo} from './port.ts';

/** What a worker says of itself in the engine's list of processes. */
export type WorkerName = Pick<WorkerInfo, 'name' | 'version' | 'protocol' | 'labels' | 'slots'>;

const PREFIX = 'milestone worker ';

export function writeWorkerName({name, version, protocol, labels, slots}: WorkerName): string {
  return PREFIX + JSON.stringify({name, version, protocol, labels, slots});
}

/** @returns Undefined for a process that is no worker. */
export function readWorkerName(text: string | null): WorkerName | undefined {
  if (!text?.startsWith(PREFIX)) return undefined;
  try {
    return JSON.parse(text.slice(PREFIX.length)) as WorkerName;
  } catch {
    return undefined;
  }
}
