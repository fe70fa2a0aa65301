const NAMES = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

export type SignalName = (typeof NAMES)[number];

/** Exit code of what a signal stopped. */
export const SIGNAL_EXITS: Readonly<Record<SignalName, number>> = {SIGHUP: 129, SIGINT: 130, SIGTERM: 143};

/** A signal has ended what was going on. */
export class Interrupted extends Error {
  constructor(readonly signal: SignalName) {
    super(`stopped by ${signal}`);
  }

  get exitCode(): number {
    return SIGNAL_EXITS[this.signal];
  }
}

/** Where the program hears that it is to stop. */
export interface Signals {
  /** @returns Ends it; from then on the signals do what the system does by default. */
  listen(onSignal: (name: SignalName) => void): () => void;
}

/** The signals that this process gets. */
export const processSignals: Signals = {
  listen(onSignal) {
    for (const name of NAMES) process.on(name, onSignal);
    return () => {
      for (const name of NAMES) process.off(name, onSignal);
    };
  },
};
