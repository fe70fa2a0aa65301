import {look} from '../../milestone/look.ts';
import {homePaths} from '../../plan/file/home.ts';
import {systemClock} from '../../platform/clock.ts';
import {print} from '../../platform/print.ts';
import {blockerDetails} from '../../reports/blockers.ts';
import {restoreSnapshot} from '../../state/snapshot.ts';
import {blockersText} from '../../terminal/blockers-text.ts';
import {choosePaint} from '../../terminal/paint.ts';
import {requireHome} from '../choose-milestone.ts';
import type {DecidingFlags} from '../deciding.ts';
import {statusFacts} from '../status-facts.ts';
import {targetMilestone} from '../target.ts';

/** `milestone blockers`: what holds it up, who has to act, and how. */
export async function blockers(word: string | undefined, flags: DecidingFlags): Promise<void> {
  const paths = homePaths(requireHome());
  const id = targetMilestone(paths, word, flags.milestone);
  const view = await look(paths, id);
  const {snapshot, executor, projectDriver} = view;
  const report = {
    blockers: blockerDetails(restoreSnapshot(snapshot), {executed: executor.who, projectDriver}),
    warnings: (await statusFacts(paths, view)).warnings,
  };
  if (flags.json) return print(`${JSON.stringify({ok: true, ...report})}\n`);
  const named = new Set(report.blockers.map(({task_id}) => task_id));
  const failed = snapshot.plan.tasks.filter(
    (task, index) => snapshot.tasks[index]?.status === 'failed' && !named.has(task.id),
  ).length;
  print(blockersText({id, ...report, failed}, systemClock.now(), await choosePaint()));
}
