import type {Agent} from '../execution/agent-loop.ts';
import type {Execution} from '../execution/execution.ts';

const HALF_A_MINUTE_MS = 30_000;
/** A session file tells of all tasks: where many fail at once, it is not written for each. */
const BETWEEN_SAVES_MS = 1_000;

/** Keeps the session file up to date: on every rest while something changed, and where a resume would start. */
export function sessionManager(
  {ledger, timers, lifetime, clock}: Pick<Execution, 'clock' | 'ledger' | 'lifetime' | 'timers'>,
  save: () => number,
): Agent {
  let savedSeq = -1;
  let nextAt = 0;
  let isWaiting = false;
  return {
    name: 'session-manager',
    everyMs: HALF_A_MINUTE_MS,
    wakesOn: ['session', 'stop'],
    async tick() {
      if (ledger.state.seq === savedSeq || isWaiting) return;
      const early = nextAt - clock.elapsed();
      if (early > 0) {
        isWaiting = true;
        timers.after(early, () => {
          isWaiting = false;
        });
        return;
      }
      await ledger.durable();
      if (lifetime.ending) return; // the session is saved once more when it ends
      const resume_points = save();
      ledger.record({event: 'session_saved', details: {resume_points}});
      savedSeq = ledger.state.seq;
      nextAt = clock.elapsed() + BETWEEN_SAVES_MS;
    },
  };
}
