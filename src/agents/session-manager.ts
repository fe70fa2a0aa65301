import type {Agent} from './agent.ts';

const HALF_A_MINUTE_MS = 30_000;

/** Keeps the session file up to date: on every rest while something changed, and where a resume would start. */
export function sessionManager(save: () => number): Agent {
  let savedSeq = -1;
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
      if (context.state.seq === savedSeq) return;
      await context.durable();
      if (context.ending) return; // the session is saved once more when it ends
      const resume_points = save();
      context.record({event: 'session_saved', details: {resume_points}});
      savedSeq = context.state.seq;
    },
  };
}
