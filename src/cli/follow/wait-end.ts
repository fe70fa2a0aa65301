import type {PauseCode} from '../../events/details/milestone.ts';
import type {Need} from '../../reports/status-shape.ts';
import type {MilestoneState} from '../../state/milestone.ts';

/** What ended a waiting. */
export interface WaitEnd {
  exit: number;
  /** `resting`: nobody executed it. */
  because: 'ended' | 'resting' | 'attention' | 'change' | 'timeout';
  reason: string;
  /** What waits for a person; absent after a change, or when the time was over. */
  needs?: Need[];
  /** With `ended`. */
  session?: string;
}

const DIED = 9;
const NOT_STARTED = 3;
const CANCELLED = 3;
const BLOCKED = 4;

const PAUSE_EXITS: Record<Exclude<PauseCode, 'signal'>, number> = {
  requested: 6,
  person: 6,
  budget: 7,
  quota: 8,
  machine: 9,
  until: 0,
};

/** What waiting comes to when nobody executes the milestone: what its last executor came to, or would have. */
export function idleEnd({id, status, session, paused, blockedReason}: MilestoneState): WaitEnd {
  const end = (exit: number, reason: string): WaitEnd => ({exit, because: 'resting', reason});
  switch (status) {
    case 'completed':
      return end(0, `milestone \`${id}\` is completed`);
    case 'cancelled':
      return end(CANCELLED, `milestone \`${id}\` is cancelled`);
    case 'blocked':
      return end(BLOCKED, `milestone \`${id}\` is blocked${saying(blockedReason)}`);
    case 'paused': {
      const {code = 'requested', reason} = paused ?? {};
      const exit = code === 'signal' ? (session?.ended?.exit ?? DIED) : PAUSE_EXITS[code];
      return end(exit, `milestone \`${id}\` is paused${saying(reason)}`);
    }
    default:
      if (!session) return end(NOT_STARTED, `nobody executes milestone \`${id}\``);
      if (session.ended) return end(session.ended.exit, session.ended.reason);
      return end(DIED, 'the executor is gone without having ended its session');
  }
}

/** In a clone nobody knows why. */
function saying(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`;
}
