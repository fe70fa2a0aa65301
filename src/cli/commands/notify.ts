import fs from 'node:fs';
import path from 'node:path';
import {withoutCaller} from '../../drivers/environment.ts';
import {MilestoneError} from '../../errors.ts';
import {EVENT_NAMES} from '../../events/event-kind.ts';
import {locatePlan} from '../../milestone/find-milestone.ts';
import {look} from '../../milestone/look.ts';
import {channelName, notifyChannels} from '../../notify/notifier.ts';
import {type Delivery, type NotifyChannel, sendNotification} from '../../notify/send-notification.ts';
import {validateConfig, validatePlan} from '../../plan/assert-valid.ts';
import {type HomePaths, homePaths} from '../../plan/file/home.ts';
import type {MilestoneId, Settings} from '../../plan/plan.ts';
import {didYouMean} from '../../plan/suggest.ts';
import {systemClock} from '../../platform/clock.ts';
import {printable} from '../../terminal/printable.ts';
import {chooseMilestone, requireHome} from '../choose-milestone.ts';

export interface NotifyFlags {
  test?: boolean;
  milestone?: string;
  json?: boolean;
}

const MACHINE_FAILED = 9;

/** `milestone notify --test`: send a message to every channel and say what came of it. @returns The exit code. */
export async function notify(word: string | undefined, flags: NotifyFlags): Promise<number> {
  if (!flags.test)
    throw new MilestoneError('USAGE', '`milestone notify` does nothing by itself', {hint: 'milestone notify --test'});
  const paths = homePaths(requireHome());
  const id = milestoneMeant(paths, flags.milestone ?? word);
  const channels = await readChannels(paths, id);
  if (channels.length === 0)
    throw new MilestoneError('WRONG_STATUS', 'no channel for notifications is set up', {
      hint: `add \`notify: [{command: "…"}]\` to \`${paths.config}\``,
    });
  const warnings = channels.flatMap(unknownEvents);
  const deliveries = await Promise.all(channels.map(channel => sendTest(paths, id, channel)));
  const isOk = deliveries.every(({ok}) => ok);
  if (flags.json) printJson(id, channels, deliveries, warnings);
  else printText(channels, deliveries, warnings);
  return isOk ? 0 : MACHINE_FAILED;
}

/** Without a name the project's own channels are enough, where no milestone is meant by itself. */
function milestoneMeant(paths: HomePaths, id: string | undefined): MilestoneId | undefined {
  try {
    return chooseMilestone(paths, id);
  } catch (error) {
    if (id !== undefined || !(error instanceof MilestoneError)) throw error;
    return undefined;
  }
}

async function readChannels(paths: HomePaths, id: MilestoneId | undefined): Promise<NotifyChannel[]> {
  const {readConfigFile} = await import('../../plan/file/reader.ts');
  const {config, problems} = readConfigFile(paths.config);
  validateConfig(problems);
  return notifyChannels(config, id === undefined ? {} : await readSettings(paths, id));
}

/** What the plan says; the one in force, when its file was deleted. */
async function readSettings(paths: HomePaths, id: MilestoneId): Promise<Settings> {
  const file = locatePlan(paths, id);
  if (!fs.existsSync(file)) return (await look(paths, id)).snapshot.plan.settings;
  const {readPlanFile} = await import('../../plan/file/reader.ts');
  const read = readPlanFile(file);
  validatePlan(read, file);
  return read.plan?.settings ?? {};
}

function sendTest(paths: HomePaths, id: MilestoneId | undefined, channel: NotifyChannel): Promise<Delivery> {
  const body = JSON.stringify({
    timestamp: new Date(systemClock.now()).toISOString(),
    event: 'notify_test',
    milestone_id: id ?? null,
    details: {},
    text: `${id ?? 'milestone'}: this is a test; messages about what happens come this way`,
  });
  const signal = new AbortController().signal;
  return sendNotification(channel, body, {
    clock: systemClock,
    cwd: path.dirname(paths.home),
    env: withoutCaller(process.env),
    signal,
  });
}

function unknownEvents({events = []}: NotifyChannel): string[] {
  const unknown = events.filter(name => !(EVENT_NAMES as readonly string[]).includes(name));
  return unknown.map(name =>
    [`there is no event \`${name}\``, didYouMean(name, EVENT_NAMES)].filter(Boolean).join('; '),
  );
}

function printText(channels: readonly NotifyChannel[], deliveries: readonly Delivery[], warnings: readonly string[]) {
  for (const text of warnings) console.error(printable(`warning: ${text}`));
  for (const [place, delivery] of deliveries.entries()) {
    const name = channelName(channels[place] as NotifyChannel);
    if (delivery.ok) console.log(printable(`${name} took the message`));
    else console.error(printable(`error: ${name} ${delivery.message}`));
  }
}

function printJson(
  id: MilestoneId | undefined,
  channels: readonly NotifyChannel[],
  deliveries: readonly Delivery[],
  warnings: readonly string[],
): void {
  const isOk = deliveries.every(({ok}) => ok);
  const error = {code: 'IO_FAILED', message: 'not every channel took the message'};
  const reports = channels.map((channel, index) => ({
    kind: channel.command === undefined ? 'webhook' : 'command',
    name: channelName(channel),
    ...(deliveries[index] as Delivery),
  }));
  console.log(JSON.stringify({ok: isOk, ...(!isOk && {error}), milestone_id: id ?? null, channels: reports, warnings}));
}
