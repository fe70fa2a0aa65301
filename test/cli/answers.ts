import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {MilestoneEvent} from '../../src/events/event.ts';
import type {MilestoneRig} from '../rig/milestone-rig.ts';

const FAULT = fileURLToPath(new URL('../rig/fault.cjs', import.meta.url));

/** Events that answer requests of other processes. */
export function answers(events: readonly MilestoneEvent[]): MilestoneEvent[] {
  return events.filter(event => event.details.request_id !== undefined);
}

/** Environment that kills `milestone` at its Nth effect on the world; 0 only counts them, in `countFile`. */
export function killedAt(
  rig: MilestoneRig,
  at: number,
  kind: 'kill-before' | 'kill-after',
): {env: Record<string, string>; countFile: string} {
  const countFile = path.join(rig.root, 'effects');
  fs.rmSync(countFile, {force: true});
  return {
    countFile,
    env: {
      NODE_OPTIONS: `--require ${FAULT}`,
      FAULT_AT: String(at),
      FAULT_KIND: kind,
      FAULT_COUNT_FILE: countFile,
    },
  };
}
