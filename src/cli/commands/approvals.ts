import {look} from '../../milestone/look.ts';
import {homePaths} from '../../plan/file/home.ts';
import {print} from '../../platform/print.ts';
import {approvalsOf, isWaiting} from '../../projections/approvals.ts';
import type {TaskState} from '../../state/task.ts';
import {approvalsText} from '../../terminal/approvals-text.ts';
import {choosePaint} from '../../terminal/paint.ts';
import {requireHome} from '../choose-milestone.ts';
import type {DecidingFlags} from '../deciding.ts';
import {shownPath} from '../shown-path.ts';
import {targetMilestone} from '../target.ts';

/** `milestone approvals`: what waits for somebody's approval, and what became of the rest. */
export async function approvals(word: string | undefined, flags: DecidingFlags): Promise<void> {
  const home = requireHome();
  const paths = homePaths(home);
  const id = targetMilestone(paths, word, flags.milestone);
  const {snapshot} = await look(paths, id);
  const all = snapshot.plan.tasks.flatMap((task, index) => {
    const state = snapshot.tasks[index] as TaskState;
    const {kiro} = state.history;
    return kiro ? approvalsOf(task.id, kiro).map(approval => ({approval, waits: isWaiting(approval, state)})) : [];
  });
  if (flags.json) return print(`${JSON.stringify({ok: true, approvals: all.map(({approval}) => approval)})}\n`);
  const waiting = all.flatMap(({approval, waits}) => (waits ? approval : []));
  // Of a task that was skipped nobody decides any more.
  const decided = all.flatMap(({approval}) => (approval.status === 'pending' ? [] : approval));
  print(approvalsText({id, waiting, decided, home: shownPath(home)}, await choosePaint()));
}
