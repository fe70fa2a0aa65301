import type {TaskId} from '../milestone/plan.ts';
import {block, complete, giveUp} from './attempt-end.ts';
import {stoppedOutcome} from './attempts.ts';
import type {ExecutionContext} from './context.ts';
import {runningTask} from './running-task.ts';
import {redCheck, verify} from './verify.ts';
import type {AttemptPlace} from './workspace.ts';

/** A person says that a manual task is done. What can be checked is the branch: that is where his work would be. */
export async function completeByHand(context: ExecutionContext, id: TaskId): Promise<void> {
  const {attempt, slot} = runningTask(context, id);
  const place: AttemptPlace = {taskId: id, attempt, slot};
  const signal = context.attempts.begin(id, attempt);
  const {integration} = context.workspace;
  try {
    await context.mergeQueue.run(async () => {
      const head = await integration?.readHead();
      if (head && head.kind !== 'head') return block(context, place, {...head, type: 'branch_rewritten'});
      const cwd = head && integration ? await integration.checkOutCommit(head.commit) : context.workspace.folderOf(0);
      const checks = await verify(context, place, {on: 'merged', cwd, signal});
      if (signal.aborted) return giveUp(context, place, stoppedOutcome(signal));
      const red = redCheck(checks);
      return red ? giveUp(context, place, red) : complete(context, place, {checks});
    });
  } finally {
    context.attempts.end(id, attempt);
  }
}
