import {systemClock} from '../../platform/clock.ts';
import {keepHeapSmall} from '../../platform/v8-tuning.ts';
import {choosePaint, type Paint} from '../../terminal/paint.ts';
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
  keepHeapSmall();
  const {stdin, stdout} = process;
  return showDashboard({
    live,
    until,
    ...(own && {own}),
    terminal: {stdin, stdout},
    paint: await paintOf(process.env.NO_COLOR),
    pause: () => pause(live),
  });
}

const asItIs = (text: string) => text;
const colourless: Paint = {bold: asItIs, dim: asItIs, red: asItIs, green: asItIs, yellow: asItIs, cyan: asItIs};

async function paintOf(noColor: string | undefined): Promise<Paint> {
  return noColor ? colourless : choosePaint();
}

/** What it takes to be without an executor is loaded when there turns out to be none. */
async function pause({paths, id}: LiveMilestone): Promise<void> {
  const {requestFromOutside} = await import('../../engine/ask.ts');
  await requestFromOutside(
    {kind: 'pause', now: false},
    {
      home: paths.home,
      id,
      clock: systemClock,
      signal: new AbortController().signal,
      readPlan: async (file, config) => (await import('../launch/plan-reader.ts')).readPlan(file, config),
      callerEnv: process.env,
      warn() {},
    },
  );
}
