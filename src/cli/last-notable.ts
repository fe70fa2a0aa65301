import fs from 'node:fs';
import type {MilestoneView} from '../engine/view.ts';
import type {MilestoneEvent} from '../events/event.ts';
import {readLastEvents} from '../events/read-log.ts';
import type {HomePaths} from '../milestone/home.ts';
import {isNotable} from '../projections/notable.ts';

export const NOTABLE_SHOWN = 5;

/**
 * The last events of a view that say something of the work, oldest first.
 * @throws {MilestoneError} `LOG_CORRUPT`, `IO_FAILED`
 */
export function lastNotable(paths: HomePaths, {id, snapshot, position}: MilestoneView): MilestoneEvent[] {
  const file = paths.log(id);
  // Most of the time the last five tell it all.
  const recent = snapshot.recent.filter(isNotable);
  if (recent.length === NOTABLE_SHOWN || !fs.existsSync(file)) return recent;
  const isSeen = (event: MilestoneEvent) => event.seq <= position.seq && isNotable(event);
  return readLastEvents(file, NOTABLE_SHOWN, isSeen).map(({event}) => event);
}
