import type {Execution} from '../execution/execution.ts';
import {SIGNAL_EXITS, type SignalName} from '../platform/processes/signals.ts';

/** A second signal within this time ends the attempts without any grace. */
const IMPATIENCE_MS = 5_000;

/** What a signal does to an execution: it pauses and ends, and its attempts are interrupted. */
export function stopOnSignal({ledger, lifetime, clock, attempts}: Execution): (name: SignalName) => void {
  let firstAt: number | undefined;
  return name => {
    const {state} = ledger;
    const now = clock.elapsed();
    const isAgain = firstAt !== undefined && now - firstAt <= IMPATIENCE_MS;
    firstAt = now;
    if (!lifetime.ending && state.status === 'in_progress')
      ledger.record({event: 'milestone_paused', details: {code: 'signal', reason: `stopped by ${name}`}});
    lifetime.end({
      exit: SIGNAL_EXITS[name],
      reason: `stopped by ${name}`,
      hint: `\`milestone resume ${state.id}\` goes on from here`,
    });
    const outcome = {kind: 'interrupted' as const, message: `was interrupted by ${name}`, executor_died: false};
    attempts.interruptAll(outcome, isAgain);
  };
}
