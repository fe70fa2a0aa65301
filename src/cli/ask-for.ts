import {type Answer, ask} from '../engine/ask.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {Interrupted, processSignals} from '../platform/processes/signals.ts';
import type {Ask} from '../requests/request.ts';
import {commandOptions} from './command-options.ts';

/**
 * Have a request answered; whoever stops this takes it back, unless somebody has taken it up.
 * @throws {MilestoneError} as `ask`.
 * @throws {Interrupted}
 */
export async function askFor(home: string, id: MilestoneId, what: Ask): Promise<Answer> {
  const stop = new AbortController();
  const stopListening = processSignals.listen(name => stop.abort(new Interrupted(name)));
  try {
    return await ask(what, {...commandOptions(home, id), signal: stop.signal});
  } finally {
    stopListening();
  }
}
