// Checks of the merge queue at a worker:
//
//   what is checked is offered ─> checks_dispatched ─> order sent ─> over: results are taken, what they printed is kept
//                                       ^                        └─> lost: sent anew, as another job
//   found open in the log by the next executor, which wants the same: asked for again
//
// C1. One job at a time: whoever wants checks has the merge queue to himself.
// C2. A result is taken for what it was asked for, and once: what is wanted anew is another job.

import {createHash} from 'node:crypto';
import type {Check} from '../drivers/run-checks.ts';
import type {CheckResult, ChecksPurpose} from '../events/details/checks.ts';
import type {Outcome} from '../events/details/outcome.ts';
import {appendText} from '../platform/attempt-log.ts';
import type {Clock} from '../platform/clock.ts';
import type {StopSignal} from '../platform/processes/stop-signal.ts';
import {jobOf} from '../workers/names.ts';
import type {Checked, ChecksOrder, JobRef, PrintedCheck, Standing} from '../workers/port.ts';
import {sendPatiently, untilOver} from '../workers/remote-jobs.ts';
import {type AttemptPlace, SetupFailed} from '../workspace/workspace.ts';
import type {CheckGroup} from './checks.ts';
import type {Lifetime} from './lifetime.ts';
import type {LiveAttempts} from './live-attempts.ts';
import {redactTexts} from './redacted.ts';
import {type OrderParts, remoteOrder} from './remote-order.ts';
import type {Surroundings} from './surroundings.ts';

export interface RemoteChecksParts extends OrderParts {
  attempts: LiveAttempts;
  surroundings: Surroundings;
  lifetime: Lifetime;
  clock: Clock;
  warn(message: string): void;
}

export interface WantedChecks {
  about: ChecksPurpose;
  groups: readonly CheckGroup[];
  /** Commit that is checked. */
  tip: string;
  /** What says that two tips are the same, whenever they were committed; default: the tip itself. */
  content?: readonly string[];
  /** Labels that the worker must carry, sorted. */
  labels: readonly string[];
  signal: StopSignal;
}

/** How often checks are sent whose worker is lost; what no worker survives is red. */
const MOST_DELIVERIES = 10;

export class RemoteChecks {
  #labels: readonly string[] | undefined;
  #lookAgain: () => Promise<void> = async () => undefined;

  constructor(private readonly parts: RemoteChecksParts) {}

  /** Labels of the worker that is waited for; undefined when none is. */
  get waitsFor(): readonly string[] | undefined {
    return this.#labels;
  }

  /** Have `look` called when a worker that may have been missed has been there. */
  onServed(look: () => Promise<void>): void {
    this.#lookAgain = look;
  }

  /**
   * Run checks at a worker.
   * @returns Results as in `groups`; none of any when they were stopped.
   * @throws {SetupFailed} when the worker could not begin with them
   */
  async run(wanted: WantedChecks): Promise<CheckResult[][]> {
    this.#labels = wanted.labels;
    let why = '';
    try {
      for (let delivery = 1; delivery <= MOST_DELIVERIES; delivery++) {
        const known = delivery === 1 ? await this.#findOpen(wanted) : undefined;
        const answer = answerOf(await this.#deliver(wanted, known ?? (await this.#record(wanted))), wanted);
        if (wanted.signal.aborted) return [];
        if (answer.kind === 'taken') return this.#take(wanted, answer.groups, answer.setup);
        // An executor before this one was told so: what kept it from beginning may be mended since.
        if (answer.kind === 'refused' && known) continue;
        if (answer.kind === 'refused') {
          this.#print(undefined, answer.setup);
          throw new SetupFailed(answer.outcome);
        }
        why = answer.why;
      }
      return wanted.groups.map(({checks}) => checks.map(check => unfinished(check, why)));
    } finally {
      this.#labels = undefined;
      if (this.parts.ledger.state.blockers.size > 0) await this.#lookAgain();
    }
  }

  /** What an executor that is gone has sent, if it is just what is wanted; anything else is taken back. */
  async #findOpen(wanted: WantedChecks): Promise<JobRef | undefined> {
    const {ledger, remote} = this.parts;
    const {checksOut} = ledger.state;
    if (!checksOut || checksOut.isOver) return undefined;
    const kind = (await remote.standingOf(checksOut))?.kind;
    if (kind === 'lost' || kind === 'cancelled') return undefined;
    if (checksOut.asked === this.#nameOf(wanted)) return checksOut;
    await remote.pool.cancel(checksOut).catch(() => undefined);
    return undefined;
  }

  /** Recorded before it is sent: whoever comes next knows what to ask for. */
  async #record(wanted: WantedChecks): Promise<JobRef> {
    const {ledger, remote} = this.parts;
    const {about, tip, labels} = wanted;
    const [queue, asked] = [remote.roster.queueFor(labels), this.#nameOf(wanted)];
    const execution = ledger.state.activation?.executionId ?? '';
    const job = jobOf(execution, `checks ${asked}`, (ledger.state.checksOut?.number ?? 0) + 1);
    ledger.record({event: 'checks_dispatched', details: {about, tip, job, queue, labels: [...labels], asked}});
    await ledger.durable();
    return {job, queue};
  }

  async #deliver(wanted: WantedChecks, ref: JobRef): Promise<Standing | 'left' | undefined> {
    const {remote, clock, warn, attempts, lifetime} = this.parts;
    const {signal: stop} = wanted;
    await sendPatiently(remote, {
      make: () => this.#order(wanted, ref),
      clock,
      stop,
      onAway: why => warn(`checks cannot be sent yet: ${why}`),
    });
    const isBrokenOff = () => lifetime.ending?.error !== undefined;
    return untilOver(remote, ref, {clock, stop, attempts, isBrokenOff});
  }

  async #order({groups, tip}: WantedChecks, ref: JobRef): Promise<ChecksOrder> {
    const {inForce, remote} = this.parts;
    const {shell} = inForce.settings;
    return {
      ...(await remoteOrder(this.parts, ref, await remote.offerTip(tip))),
      kind: 'checks',
      groups: groups.map(({place, checks}) => ({
        task: place?.taskId ?? '',
        attempt: place?.attempt ?? 0,
        checks: checks.map(check => ({shell, ...check})),
      })),
    };
  }

  /** Tells what is wanted from anything else that may be. */
  #nameOf({about, groups, tip, content = [tip], labels}: WantedChecks): string {
    const {env, envDeny, workspace, verifyTimeoutMs, verifyRetries, shell} = this.parts.inForce.settings;
    const asked = groups.map(({place, checks}) => [place?.taskId, place?.attempt, checks]);
    const how = [labels, env, envDeny, workspace, verifyTimeoutMs, verifyRetries, shell];
    const text = JSON.stringify([about, content, asked, how]);
    return createHash('sha256').update(text).digest('hex').slice(0, 16);
  }

  #take({groups}: WantedChecks, ran: readonly (readonly PrintedCheck[])[], setup: string | undefined): CheckResult[][] {
    this.#print(undefined, setup);
    return groups.map(({place}, number) => {
      const own = ran[number] as readonly PrintedCheck[];
      for (const {printed} of own) this.#print(place, printed);
      return redactTexts(
        this.parts.surroundings.redactor,
        own.map(({result}) => result),
      );
    });
  }

  /** Keep what was printed where it would be, had it been printed here. */
  #print(place: AttemptPlace | undefined, text = ''): void {
    const {surroundings} = this.parts;
    if (text === '') return;
    const file = place ? surroundings.logFileOf(place) : surroundings.checksLog;
    appendText(file, surroundings.redactor.redactText(text));
  }
}

type Answer =
  | {kind: 'taken'; groups: Checked['groups']; setup?: string | undefined}
  /** Nobody else would fare better. */
  | {kind: 'refused'; outcome: Outcome; setup?: string | undefined}
  | {kind: 'lost'; why: string};

function answerOf(standing: Standing | 'left' | undefined, {groups}: WantedChecks): Answer {
  if (standing === undefined || standing === 'left') return {kind: 'lost', why: 'nobody knows what has become of them'};
  if (standing.kind === 'lost') return standing;
  if (standing.kind !== 'over') return {kind: 'lost', why: 'their job was cancelled'};
  const {result, setup} = standing.handover;
  if (result.kind === 'ended') {
    const {outcome} = result;
    return outcome.kind === 'interrupted' ? {kind: 'lost', why: outcome.message} : {kind: 'refused', outcome, setup};
  }
  const isAnswer =
    result.kind === 'checked' && groups.every(({checks}, n) => result.groups[n]?.length === checks.length);
  return isAnswer
    ? {kind: 'taken', groups: result.groups, setup}
    : {kind: 'lost', why: 'what came back answers something else'};
}

/** What ends every worker is as red as what ends itself. */
function unfinished({name, command}: Check, why: string): CheckResult {
  const output_tail = `milestone: no worker came to an end with it, ${MOST_DELIVERIES} times; at last: ${why}\n`;
  return {name, command, ok: false, exit_code: null, duration_ms: 0, output_tail};
}
