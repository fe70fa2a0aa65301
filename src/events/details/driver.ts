import type {Budget, TaskId} from '../../plan/plan.ts';
import type {Timestamp} from '../timestamp.ts';

/** What drivers use up, and when they rest. */
export interface DriverEvents {
  budget_reserved: {task_id: TaskId; attempt: number; amount: Budget};
  budget_settled: {
    task_id: TaskId;
    attempt: number;
    used: Usage;
    /**
     * What the figures are: the agent's own sum at its end, what was seen of one that was cut off, or in part an estimate,
     * because it was cut off and nobody has seen them.
     */
    basis: 'reported' | 'observed' | 'estimated';
    /** The part of `used` that is an estimate. */
    estimated?: Usage;
    /** Whose figures they are. */
    driver?: string;
  };
  driver_paused: {driver: string; reason: DriverPause; message: string; resets_at?: Timestamp};
  driver_resumed: {driver: string};
}

/** What an attempt has used, as far as it is known; usd is the agent's own estimate. */
export interface Usage {
  usd?: number;
  tokens?: number;
  turns?: number;
  minutes?: number;
}

/** Why a driver rests. */
export type DriverPause = 'quota' | 'overload' | 'auth';
