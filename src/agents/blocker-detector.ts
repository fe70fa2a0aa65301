// Finds what holds the milestone up, tells whoever has to act in the same tick, and clears what has gone by itself.
//
// D1. It runs no checks of its own: it reads what the merge queue has put on record.
// D2. What holds a single task is re-checked now and then, and when something changed that it may hang on: every event
//     would be dear where many tasks are held.
// D3. What has come back after it was cleared, although the re-check saw nothing wrong, is cleared again only after a
//     wait, which doubles each time: what is looked at need not be all that is wrong, and a night is long.

import type {Agent} from '../execution/agent-loop.ts';
import type {Execution} from '../execution/execution.ts';
import type {Plan} from '../plan/plan.ts';
import {budgetShare} from '../scheduler/budget.ts';
import {resolution} from '../state/blockers.ts';
import {type Blocker, type MilestoneState, type PausedDriver, pausedUntil} from '../state/milestone.ts';
import {blockersOf} from '../state/open-blockers.ts';
import {findBlockers} from './find-blockers.ts';
import {recheck, recheckAnew} from './recheck-blocker.ts';

const NAME = 'blocker-detector';
const TWO_MINUTES_MS = 120_000;
/** No sleep is longer while a driver rests: a machine that was suspended looks at the wall clock soon after. */
const LONGEST_REST_MS = 15_000;
const AN_HOUR_MS = 3_600_000;
const NEARLY_SPENT = 0.8;

/** The state that the detector keeps between its ticks. */
interface Memory {
  /** What was cleared by itself, as it was then: until when (on the clock's `elapsed()`) it stays if it comes back. */
  cleared: Map<string, {untilMs: number; waitMs: number}>;
  hasWarnedOfBudget: boolean;
  /** It will be woken to see whether a driver has rested enough. */
  isWaking: boolean;
  /** When every blocker was last re-checked (on the clock's `elapsed()`), and what they hang on, as it was then. */
  checkedAt: number;
  plan?: Plan;
  resting: readonly PausedDriver[];
}

export function blockerDetector(execution: Execution): Agent {
  const memory: Memory = {
    cleared: new Map(),
    hasWarnedOfBudget: false,
    isWaking: false,
    checkedAt: Number.NEGATIVE_INFINITY,
    resting: [],
  };
  return {
    name: NAME,
    everyMs: TWO_MINUTES_MS,
    wakesOn: ['plan', 'refused', 'go', 'trouble', 'standing', 'spending'],
    async tick() {
      if (execution.lifetime.ending) return;
      resumeRestedDrivers(execution);
      wakeForDrivers(execution, memory);
      findBlockers(execution);
      warnOfBudget(execution, memory);
      await clear(execution, memory);
    },
  };
}

/** By the wall clock: that is what a provider means. */
function resumeRestedDrivers(execution: Pick<Execution, 'clock' | 'ledger'>): void {
  const now = execution.clock.now();
  for (const [driver, {resetsAt}] of Object.entries(execution.ledger.state.pausedDrivers))
    if (resetsAt !== undefined && Date.parse(resetsAt) <= now)
      execution.ledger.record({event: 'driver_resumed', details: {driver}});
}

function wakeForDrivers(execution: Pick<Execution, 'clock' | 'ledger' | 'timers'>, memory: Memory): void {
  const until = pausedUntil(execution.ledger.state);
  if (until === undefined || memory.isWaking) return;
  memory.isWaking = true;
  const restMs = Math.min(LONGEST_REST_MS, Math.max(1, Date.parse(until) - execution.clock.now()));
  execution.timers.after(restMs, () => {
    memory.isWaking = false;
  });
}

function warnOfBudget(execution: Pick<Execution, 'inForce' | 'ledger' | 'warn'>, memory: Memory): void {
  const share = budgetShare(execution.inForce.settings.budget, execution.ledger.state.spending.used);
  if (share < NEARLY_SPENT || memory.hasWarnedOfBudget) return;
  memory.hasWarnedOfBudget = true;
  execution.warn(`${Math.floor(share * 100)} % of the budget is used`);
}

async function clear(execution: Execution, memory: Memory): Promise<void> {
  const {cleared} = memory;
  const {clock, ledger, lifetime} = execution;
  for (const blocker of blockersToRecheck(execution, memory)) {
    if (!ledger.state.blockers.has(blocker.id)) continue; // it went with its task, while another was looked at
    const signature = signatureOf(blocker, ledger.state);
    if (!(await recheck(execution, blocker))) {
      cleared.delete(signature);
      continue;
    }
    const {untilMs, waitMs} = cleared.get(signature) ?? {untilMs: 0, waitMs: TWO_MINUTES_MS};
    const now = clock.elapsed();
    if (now < untilMs || !ledger.state.blockers.has(blocker.id) || lifetime.ending) continue;
    cleared.set(signature, {untilMs: now + waitMs, waitMs: Math.min(2 * waitMs, AN_HOUR_MS)});
    ledger.record(resolution(ledger.state, blocker));
  }
}

/** All of them, or only those of no task (D2). */
function blockersToRecheck(execution: Pick<Execution, 'clock' | 'inForce' | 'ledger'>, memory: Memory): Blocker[] {
  const {clock} = execution;
  const {settings} = execution.inForce;
  const {state} = execution.ledger;
  const everyMs = settings.agents[NAME]?.everyMs ?? TWO_MINUTES_MS;
  const isDue = clock.elapsed() - memory.checkedAt >= everyMs;
  if (!isDue && !hasChanged(state, memory)) return [...blockersOf(state, undefined).values()];
  memory.checkedAt = clock.elapsed();
  memory.plan = state.plan;
  memory.resting = Object.values(state.pausedDrivers);
  recheckAnew(execution);
  return [...state.blockers.values()];
}

/** A plan, and the rest of a driver, are values that are replaced. */
function hasChanged({plan, pausedDrivers}: MilestoneState, memory: Memory): boolean {
  const resting = Object.values(pausedDrivers);
  return (
    plan !== memory.plan ||
    resting.length !== memory.resting.length ||
    resting.some(driver => !memory.resting.includes(driver))
  );
}

/** A red base that somebody has put commits on is another one. */
function signatureOf({type, taskId = '', driver = '', message}: Blocker, {baseline}: MilestoneState): string {
  const head = type === 'baseline_red' ? baseline?.head : '';
  return [type, taskId, driver, message, head].join('\0');
}
