import type {Agent} from '../execution/agent-loop.ts';

const HALF_A_MINUTE_MS = 30_000;
/** A session file tells of all tasks: where many fail at once, it is not written for each. */
const BETWEEN_SAVES_MS = 1_000;

/** Keeps the session file up to date: on every rest while something changed, and where a resume would start. */
export function sessionManager(save: () => number): Agent {
  let savedSeq = -1;
  let nextAt = 0;
  let isWaiting = false;
  return {
    name: 'session-manager',
    restMs: HALF_A_MINUTE_MS,
    wakesOn: [
      'session_started',
      'milestone_paused',
      'milestone_blocked',
      'milestone_completed',
      'milestone_cancelled',
      'blockers_escalated',
    ],
    async tick(context) {
      if (context.state.seq === savedSeq || isWaiting) return;
      const early = nextAt - context.clock.elapsed();
      if (early > 0) {
        isWaiting = true;
        context.after(early, () => {
          isWaiting = false;
        });
        return;
      }
      await context.durable();
      if (context.ending) return; // the session is saved once more when it ends
      const resume_points = save();
      context.record({event: 'session_saved', details: {resume_points}});
      savedSeq = context.state.seq;
      nextAt = context.clock.elapsed() + BETWEEN_SAVES_MS;
    },
  };
}
