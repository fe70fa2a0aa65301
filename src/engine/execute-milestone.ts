import path from 'node:path';
import {DriverSet} from '../drivers/registry.ts';
import {activate} from '../milestone/activate.ts';
import {type HeldMilestone, hold} from '../milestone/hold.ts';
import {explainNoAgent} from '../milestone/no-agent.ts';
import {sweep} from '../milestone/sweep.ts';
import {notifierOf} from '../notify/notifier.ts';
import type {Plan} from '../plan/plan.ts';
import {selectTasks} from '../plan/selection.ts';
import {judgeStart} from './judge-start.ts';
import {finishMove} from './move-completed.ts';
import {type ExecuteOptions, type ExecutionReport, Run} from './run.ts';

/** For the last notifications, as long as one webhook may take. */
const NOTIFYING_MS = 10_000;
/** Keys that are not known, of which each gets a line. */
const SHOWN_KEYS = 5;

/**
 * Execute a milestone until it is complete or cannot go on.
 * @throws {MilestoneError} what keeps it from starting; what goes wrong later is in the report.
 */
export function executeMilestone(options: ExecuteOptions): Promise<ExecutionReport> {
  return hold({...options, purpose: 'execute'}, held => execute(held, options));
}

async function execute(held: HeldMilestone, options: ExecuteOptions): Promise<ExecutionReport> {
  sweep(held);
  const {state, sessionId} = held;
  if (await finishMove(held, options)) return {exit: 0, reason: 'completed', milestoneId: state.id, sessionId, state};
  const start = await judgeStart(held, options);
  warnOfUnknownKeys(held, options);
  warnOfNoAgent(start.plan, held, options);
  const selection = selectTasks(start.plan, options.selection);
  const log = held.openLog();
  const notifier = notifierOf(held, options);
  try {
    log.onDurable(events => options.onEvents(events, state));
    log.onDurable(events => notifier.events(events));
    await activate(held, start.events, options.readPlan);
    return await new Run(held, options, {selection, unrecorded: start.unrecorded}).toTheEnd();
  } finally {
    await notifier.finish(NOTIFYING_MS);
  }
}

/** What somebody has written and nobody reads. */
function warnOfUnknownKeys({read, id, state}: HeldMilestone, {warn}: ExecuteOptions): void {
  // A status counts once, at the first activation.
  const codes = ['UNKNOWN_KEY', ...(state.activation ? [] : ['UNKNOWN_STATUS'])];
  const unknown = [...read.configProblems, ...read.problems].filter(({code}) => codes.includes(code));
  for (const {message, hint, where} of unknown.slice(0, SHOWN_KEYS))
    warn(`${message} (${path.basename(where?.file ?? '')}:${where?.line}); ${hint}`);
  const more = unknown.length - SHOWN_KEYS;
  if (more > 0) warn(`${more} more like these: \`milestone validate ${id}\` shows them`);
}

/** Tasks that were meant for an agent would wait for a person, and nothing else says why. */
function warnOfNoAgent(plan: Plan, {read: {config}}: HeldMilestone, {callerEnv, warn}: ExecuteOptions): void {
  const drivers = new DriverSet({drivers: config.drivers, env: callerEnv});
  const unstaffed = explainNoAgent(plan, config.settings ?? {}, drivers);
  if (unstaffed) warn(unstaffed.message);
}
