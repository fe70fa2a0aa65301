// Tells people and programs outside of what was recorded.
//
// N1. Nothing here holds up the run: whoever has an event to tell leaves it in a bounded queue.
// N2. A channel that does not work is a warning, one until it works again, and never a failure.

import path from 'node:path';
import {withoutCaller} from '../drivers/environment.ts';
import type {EventName, MilestoneEvent} from '../events/event.ts';
import type {HeldMilestone} from '../milestone/hold.ts';
import type {Config} from '../plan/file/read-plan-text.ts';
import type {Settings} from '../plan/plan.ts';
import {firstLine} from '../platform/first-line.ts';
import {createRedactor, type Redactor} from '../platform/redact.ts';
import {eventGist} from '../terminal/events/log-line.ts';
import {
  type Delivery,
  type NotifyChannel,
  prepareToSend,
  type SendOptions,
  sendNotification,
} from './send-notification.ts';

export interface NotifierOptions extends Omit<SendOptions, 'signal'> {
  /** Asked at every event: a plan may change its settings while it runs. */
  channels(): readonly NotifyChannel[];
  redactor: Redactor;
  /** Told what a person should know of a channel that does not work. */
  warn(message: string): void;
  send?: (channel: NotifyChannel, body: string, options: SendOptions) => Promise<Delivery>;
}

/** What a channel that names no events is told. */
const DEFAULT_EVENTS: readonly EventName[] = [
  'blockers_escalated',
  'milestone_completed',
  'milestone_blocked',
  'milestone_paused',
  'kiro_approval_requested',
  'task_failed',
];

/** Messages that may wait for one channel; what is more than that is lost, with a warning. */
const LONGEST_QUEUE = 100;

/** Every channel that holds for a milestone: those of the whole project, and those of its settings. */
export function notifyChannels(config: Pick<Config, 'notify' | 'settings'>, plan: Settings): NotifyChannel[] {
  return [...(config.notify ?? []), ...(plan.notify ?? config.settings?.notify ?? [])];
}

/** On whose behalf something is executed. */
export interface Caller {
  callerEnv: Readonly<Record<string, string | undefined>>;
  warn(message: string): void;
}

/** The notifier of an execution. */
export function notifierOf({state, read, paths, clock}: HeldMilestone, {callerEnv, warn}: Caller): Notifier {
  return new Notifier({
    channels: () => notifyChannels(read.config, state.plan.settings),
    redactor: createRedactor(callerEnv),
    clock,
    cwd: path.dirname(paths.home),
    env: withoutCaller(callerEnv),
    warn,
  });
}

export class Notifier {
  private readonly queues = new Map<string, ChannelQueue>();
  private readonly over = new AbortController();

  constructor(private readonly options: NotifierOptions) {}

  /** Send what the channels want to know of these events, soon. They must be on disk. */
  events(events: readonly MilestoneEvent[]): void {
    const channels = this.options.channels();
    if (channels.length === 0) return;
    prepareToSend(channels);
    for (const event of events) {
      const wanting = channels.filter(({events: wanted = DEFAULT_EVENTS}) => wanted.includes(event.event));
      if (wanting.length === 0) continue;
      const body = notificationBody(event, this.options.redactor);
      for (const channel of wanting) this.queueOf(channel).add(body);
    }
  }

  /** Wait until everything is sent, for at most `ms`; what is still under way then is given up. */
  async finish(ms: number): Promise<void> {
    const timeOver = new AbortController();
    const sent = Promise.all([...this.queues.values()].map(queue => queue.emptied()));
    const waited = this.options.clock.sleep(ms, timeOver.signal).catch(() => undefined);
    await Promise.race([sent, waited]);
    timeOver.abort();
    this.over.abort();
    await sent;
  }

  private queueOf(channel: NotifyChannel): ChannelQueue {
    const key = JSON.stringify([channel.command, channel.webhook]);
    const known = this.queues.get(key);
    if (known) return known;
    const queue = new ChannelQueue(channel, {...this.options, signal: this.over.signal});
    this.queues.set(key, queue);
    return queue;
  }
}

/** The event as it is in the log, and what it says in one line. */
export function notificationBody(event: MilestoneEvent, {redactText}: Redactor): string {
  const text = `${event.milestone_id}: ${event.event} ${eventGist(event)}`.trimEnd();
  const whole = {...event, details: withoutPlan(event.details), text};
  return JSON.stringify(whole, (_, value) => (typeof value === 'string' ? redactText(value) : value));
}

/** The plan is in the home, and too much for a message. */
function withoutPlan(details: object): object {
  return Object.fromEntries(Object.entries(details).filter(([key]) => key !== 'plan' && key !== 'imported'));
}

/** Sends the messages of one channel, one after the other. */
class ChannelQueue {
  private readonly waiting: string[] = [];
  private sending: Promise<void> | undefined;
  private isFailing = false;

  constructor(
    private readonly channel: NotifyChannel,
    private readonly options: NotifierOptions & SendOptions,
  ) {}

  add(body: string): void {
    if (this.options.signal.aborted) return;
    if (this.waiting.length >= LONGEST_QUEUE) {
      this.warn('is too slow; messages are lost');
      return;
    }
    this.waiting.push(body);
    this.sending ??= this.sendAll();
  }

  async emptied(): Promise<void> {
    await this.sending;
  }

  private async sendAll(): Promise<void> {
    const {signal, send = sendNotification} = this.options;
    for (let body = this.waiting.shift(); body !== undefined && !signal.aborted; body = this.waiting.shift()) {
      const delivery = await send(this.channel, body, this.options).catch(error => ({
        ok: false,
        message: String(error),
      }));
      if (delivery.ok) this.isFailing = false;
      else this.warn(delivery.message);
    }
    this.sending = undefined;
  }

  private warn(message: string): void {
    if (this.isFailing) return;
    this.isFailing = true;
    this.options.warn(`${channelName(this.channel)} ${message}`);
  }
}

/** What a person knows a channel by; the path of a webhook is often its password. */
export function channelName({command, webhook}: NotifyChannel): string {
  if (command !== undefined) return `the notification command \`${firstLine(command)}\``;
  return `the webhook at \`${webhook !== undefined && URL.canParse(webhook) ? new URL(webhook).origin : webhook}\``;
}
