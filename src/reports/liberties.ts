// What nobody is asked about any more, and what nobody was asked about: every screen says so.

import type {RemovedTest} from '../events/details/attempt.ts';
import {removedTestsInShort} from '../events/removed-tests.ts';
import type {Snapshot} from '../state/snapshot.ts';
import type {TaskState} from '../state/task.ts';

/** What an execution says that lets agents do anything. */
export const YOLO = 'agents with `permissions: full` may do anything (--yolo)';
/** The same of one that has ended. */
const PAST_YOLO = 'agents with `permissions: full` could do anything in the last run (--yolo)';
/** What an execution says that asks nobody at the gates. */
export const AUTO_GATES = 'nobody is asked at the gates (gates: auto)';

/** Those of a milestone, one sentence each. */
export function libertiesOf({stored: {session}, plan, tasks}: Snapshot): string[] {
  const isRunning = session !== undefined && !session.ended;
  const removed: string[] = [];
  let passed = 0;
  tasks.forEach((task, place) => {
    if (isPassedWithoutPerson(task)) passed++;
    if (task.status === 'completed' && task.removedTests)
      removed.push(`\`${plan.tasks[place]?.id}\`: ${inShort(task.removedTests)}`);
  });
  return [
    ...(session?.yolo ? [isRunning ? YOLO : PAST_YOLO] : []),
    ...(isRunning && session.autoGates ? [AUTO_GATES] : []),
    ...(passed > 0 ? [`gates of ${passed === 1 ? 'one task' : `${passed} tasks`} were passed without a person`] : []),
    ...(removed.length > 0 ? [`tests went: ${firstOf(removed)}`] : []),
  ];
}

/** Whether a gate of a task let it through by itself. */
function isPassedWithoutPerson({history: {kiro}}: TaskState): boolean {
  if (!kiro) return false;
  return Object.values(kiro.phases).some(({approval}) => approval?.approvers.some(({by}) => by === 'auto'));
}

/** Tasks that are named. */
const NAMED = 3;

function firstOf(removed: readonly string[]): string {
  const rest = removed.length - NAMED;
  return [...removed.slice(0, NAMED), ...(rest > 0 ? [`and ${rest} more tasks`] : [])].join('; ');
}

/** With the file, where it is one. */
function inShort(removed: readonly RemovedTest[]): string {
  const [only, ...others] = removed;
  return `${removedTestsInShort(removed)}${only && others.length === 0 ? ` (${only.file})` : ''}`;
}
