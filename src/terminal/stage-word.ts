import type {Stage} from '../state/task.ts';

/** A stage as people are told it. */
export function stageWord(stage: Stage): string {
  return stage === 'integrating' ? 'in the queue' : stage;
}
