// The agents and the one timer loop that they share.
//
// A1. Ticks of one agent never overlap; a wake during a tick makes one more tick after it.
// A2. A tick only looks, decides and records. Long work is a job of the engine.
// A3. A failing tick is an event and a longer wait, not the end; a failure of the machine ends the run. Events do not
//     shorten that wait: whoever fails at each of them would do nothing else.
// A4. After `stop` no tick starts, and one that hangs keeps nobody waiting for more than a second.

import {MilestoneError} from '../errors.ts';
import {EVENT_KINDS, type EventKind} from '../events/event-kind.ts';
import type {Clock} from '../platform/clock.ts';
import type {InForce} from './in-force.ts';
import type {Ledger} from './ledger.ts';
import type {Lifetime} from './lifetime.ts';
import type {Timers} from './timers.ts';

export interface Agent {
  readonly name: string;
  /** Rest between the end of one tick and the start of the next, in milliseconds; `Infinity`: on events only. */
  readonly everyMs: number;
  /** Events of these kinds wake it before its time has come. */
  readonly wakesOn: readonly EventKind[];
  /** After the others that the same events wake: it judges what they come to. */
  readonly runsLast?: boolean;
  /** Record what follows from the state. Must return soon after the execution's signal aborts. */
  tick(): void | Promise<void>;
}

/** Whose agents they are. */
export interface Looped {
  readonly ledger: Pick<Ledger, 'record' | 'onRecorded'>;
  readonly inForce: Pick<InForce, 'settings'>;
  readonly lifetime: Pick<Lifetime, 'fail'>;
  readonly timers: Pick<Timers, 'onWake'>;
  readonly clock: Clock;
}

interface Runner {
  agent: Agent;
  /** On the clock's `elapsed()`. */
  dueAt: number;
  ticking: boolean;
  /** Resolves when the ticks that are under way have ended. */
  ticked: Promise<void>;
  wanted: boolean;
  failures: number;
}

const LONGEST_BACK_OFF_MS = 600_000;
const FIRST_BACK_OFF_MS = 1_000;
const LONGEST_NAP_MS = 3_600_000;
/** For ticks to end that are under way when everything does. */
const PATIENCE_MS = 1_000;

/** Runs every agent when an event wakes it and when its time has come, until `stop`. */
export class AgentLoop {
  private readonly runners: Runner[];
  private readonly ended = new AbortController();
  private hasStarted = false;
  private nap = new AbortController();
  /** When the time keeper wakes by itself, on the clock's `elapsed()`. */
  private napEndsAt = Number.NEGATIVE_INFINITY;

  constructor(
    agents: readonly Agent[],
    private readonly execution: Looped,
  ) {
    this.runners = agents.map(agent => ({
      agent,
      dueAt: Number.POSITIVE_INFINITY,
      ticking: false,
      ticked: Promise.resolve(),
      wanted: false,
      failures: 0,
    }));
  }

  /** Register the agents, give each its first tick, and keep time until `stop`. */
  start(): void {
    const {ledger, timers} = this.execution;
    this.hasStarted = true;
    for (const {agent} of this.runners) ledger.record({event: 'agent_registered', details: {agent: agent.name}});
    ledger.onRecorded(({event}) => this.notify(EVENT_KINDS[event]));
    timers.onWake(() => this.wakeAll());
    this.wakeAll();
    void this.wakeDue();
  }

  /** Wake the agents that wait for events of such a kind. */
  private notify(kind: EventKind): void {
    for (const runner of this.runners) if (runner.agent.wakesOn.includes(kind)) this.wake(runner);
  }

  /** Wake every agent: something outside the log changed. */
  private wakeAll(): void {
    for (const runner of this.runners) this.wake(runner);
  }

  /** No tick starts after this. Resolves when none is under way, or when those that are have had their second. */
  async stop(): Promise<void> {
    if (!this.hasStarted || this.ended.signal.aborted) return;
    this.ended.abort();
    await this.ticksEnded();
    for (const {agent} of this.runners)
      this.execution.ledger.record({event: 'agent_stopped', details: {agent: agent.name}});
  }

  private async ticksEnded(): Promise<void> {
    const ticking = this.runners.filter(runner => runner.ticking);
    if (ticking.length === 0) return;
    const patience = new AbortController();
    const waited = this.execution.clock.sleep(PATIENCE_MS, patience.signal).catch(() => undefined);
    await Promise.race([Promise.all(ticking.map(({ticked}) => ticked)), waited]);
    patience.abort();
  }

  private wake(runner: Runner): void {
    const isBackingOff = runner.failures > 0 && this.execution.clock.elapsed() < runner.dueAt;
    if (runner.wanted || isBackingOff || this.ended.signal.aborted) return;
    runner.wanted = true;
    if (!runner.ticking) queueMicrotask(() => this.begin(runner));
  }

  private begin(runner: Runner): void {
    if (runner.ticking || this.ended.signal.aborted) return;
    const isEarly = runner.agent.runsLast && this.runners.some(other => other !== runner && isAboutToTick(other));
    if (isEarly) {
      queueMicrotask(() => this.begin(runner));
      return;
    }
    runner.ticking = true;
    runner.ticked = this.run(runner);
  }

  private async run(runner: Runner): Promise<void> {
    try {
      while (runner.wanted && !this.ended.signal.aborted) {
        runner.wanted = false;
        const ticking = runner.agent.tick();
        if (ticking) await ticking;
        this.recover(runner);
      }
      this.tickAfter(
        runner,
        this.execution.inForce.settings.agents[runner.agent.name]?.everyMs ?? runner.agent.everyMs,
      );
    } catch (error) {
      runner.wanted = false; // the tick after its rest sees whatever it was woken for
      this.fail(runner, error);
    } finally {
      runner.ticking = false;
    }
  }

  /** Whoever failed before and does not any more is well again. */
  private recover(runner: Runner): void {
    if (runner.failures === 0 || this.ended.signal.aborted) return;
    runner.failures = 0;
    this.execution.ledger.record({event: 'agent_registered', details: {agent: runner.agent.name}});
  }

  private fail(runner: Runner, error: unknown): void {
    if (this.ended.signal.aborted) return;
    if (error instanceof MilestoneError && error.exitCode === 9) {
      this.execution.lifetime.fail(error);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    this.execution.ledger.record({event: 'agent_failed', details: {agent: runner.agent.name, message}});
    this.tickAfter(runner, Math.min(FIRST_BACK_OFF_MS * 2 ** runner.failures++, LONGEST_BACK_OFF_MS));
  }

  private tickAfter(runner: Runner, ms: number): void {
    runner.dueAt = this.execution.clock.elapsed() + ms;
    if (runner.dueAt < this.napEndsAt) this.nap.abort();
  }

  private async wakeDue(): Promise<void> {
    while (!this.ended.signal.aborted) {
      this.nap = new AbortController();
      const now = this.execution.clock.elapsed();
      let nextAt = Number.POSITIVE_INFINITY;
      for (const runner of this.runners) {
        if (runner.ticking) continue;
        if (runner.dueAt <= now) this.wake(runner);
        else nextAt = Math.min(nextAt, runner.dueAt);
      }
      this.napEndsAt = Math.min(nextAt, now + LONGEST_NAP_MS);
      const signal = AbortSignal.any([this.nap.signal, this.ended.signal]);
      await this.execution.clock.sleep(this.napEndsAt - now, signal).catch(() => undefined);
    }
  }
}

function isAboutToTick({wanted, ticking}: Runner): boolean {
  return wanted && !ticking;
}
