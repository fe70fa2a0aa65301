import {ask} from '../../engine/ask.ts';
import {limitHeap} from '../../platform/v8-tuning.ts';
import {choosePaint} from '../../terminal/paint.ts';
import {commandOptions} from '../command-options.ts';
import {type DashboardEnd, type OwnExecutor, showDashboard} from './dashboard.ts';
import type {LiveMilestone} from './live-milestone.ts';

/**
 * Show a milestone's dashboard on the terminal of this process, until it is left or `until` resolves.
 * @param own The executor that was started for it.
 */
export async function showOnTerminal(
  live: LiveMilestone,
  until: Promise<unknown>,
  own?: OwnExecutor,
): Promise<DashboardEnd> {
  limitHeap();
  const {stdin, stdout} = process;
  return showDashboard({
    live,
    until,
    ...(own && {own}),
    terminal: {stdin, stdout},
    paint: await choosePaint(),
    pause: () => pause(live),
  });
}

async function pause({paths, id}: LiveMilestone): Promise<void> {
  await ask({kind: 'pause', now: false}, {...commandOptions(paths.home, id), warn() {}});
}
