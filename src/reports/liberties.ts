// What nobody is asked about any more, and what nobody was asked about: every screen says so.

import type {Snapshot} from '../state/snapshot.ts';

/** What an execution says that lets agents do anything. */
export const YOLO = 'agents with `permissions: full` may do anything (--yolo)';
/** The same of one that has ended. */
const PAST_YOLO = 'agents with `permissions: full` could do anything in the last run (--yolo)';
/** What an execution says that asks nobody at the gates. */
export const AUTO_GATES = 'nobody is asked at the gates (gates: auto)';

/** Those of a milestone, one sentence each. */
export function libertiesOf({kept: {session}, tasks}: Snapshot): string[] {
  const isRunning = session !== undefined && !session.ended;
  const passed = tasks.filter(({history: {kiro}}) =>
    Object.values(kiro?.phases ?? {}).some(({approval}) => approval?.approvers.some(({by}) => by === 'auto')),
  ).length;
  return [
    ...(session?.yolo ? [isRunning ? YOLO : PAST_YOLO] : []),
    ...(isRunning && session.autoGates ? [AUTO_GATES] : []),
    ...(passed > 0 ? [`gates of ${passed === 1 ? 'one task' : `${passed} tasks`} were passed without a person`] : []),
  ];
}
