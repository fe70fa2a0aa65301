import type {SignalName} from '../platform/signals.ts';

/** Exit code of what a signal stopped. */
export const SIGNAL_EXITS: Record<SignalName, number> = {SIGHUP: 129, SIGINT: 130, SIGTERM: 143};
