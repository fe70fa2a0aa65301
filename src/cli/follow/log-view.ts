import type {MilestoneEvent} from '../../events/event.ts';
import {LOG_START, type LogPosition} from '../../events/log-position.ts';
import {readLastEvents, readLog} from '../../events/read-log.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import type {Output} from '../output.ts';

/** What is shown of a log, and how. */
export interface LogView {
  home: string;
  id: MilestoneId;
  file: string;
  last: number | undefined;
  json: boolean;
  isWanted(event: MilestoneEvent): boolean;
  print(event: MilestoneEvent): Promise<boolean>;
  output: Output;
}

/**
 * Print what a log has up to now.
 * @returns Where it ended, and how many events were shown.
 */
export async function printRecorded(view: LogView): Promise<{position: LogPosition; shown: number}> {
  const {file, last, isWanted, print, output} = view;
  let shown = 0;
  if (last !== undefined) {
    // What is written while these are printed comes after them, for whoever follows.
    const [end] = readLastEvents(file, 1);
    const position = end ? {offset: end.offset, seq: end.event.seq} : LOG_START;
    const entries = readLastEvents(file, last, event => event.seq <= position.seq && isWanted(event));
    for (const {event} of entries) await print(event);
    await output.flush();
    return {position, shown: entries.length};
  }
  const reader = readLog(file);
  for (const {event} of reader) {
    if (!isWanted(event)) continue;
    shown++;
    if (!(await print(event))) break;
  }
  await output.flush();
  return {position: reader.position, shown};
}
