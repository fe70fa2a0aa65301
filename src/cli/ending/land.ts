import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import type {CheckResult} from '../../events/details/checks.ts';
import type {LandingKind} from '../../events/details/milestone.ts';
import {openRepository} from '../../git/repository.ts';
import {type Landed, type LandOptions, land as landMilestone} from '../../landing/land.ts';
import {withoutGit} from '../../landing/landable.ts';
import {openPullRequest, type PullRequest, rehearsePullRequest} from '../../landing/pull-request.ts';
import {recordInTheWay} from '../../landing/record-files.ts';
import {rehearseLanding, type WouldLand} from '../../landing/rehearse-landing.ts';
import {locatePlan} from '../../milestone/find-milestone.ts';
import {foldLog} from '../../milestone/fold-log.ts';
import {look} from '../../milestone/look.ts';
import {type HomePaths, homePaths} from '../../plan/file/home.ts';
import {readConfigFile} from '../../plan/file/reader.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import {resolveMilestoneSettings} from '../../plan/settings.ts';
import {firstLine} from '../../platform/first-line.ts';
import {Interrupted, processSignals} from '../../platform/processes/signals.ts';
import {shellWord} from '../../platform/shell-word.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {counted} from '../../terminal/amounts.ts';
import {printable} from '../../terminal/printable.ts';
import {reportMarkdown} from '../../terminal/report/report-markdown.ts';
import {chooseShown, requireHome} from '../choose-milestone.ts';
import {commandOptions} from '../command-options.ts';
import {reportOf} from '../read-report.ts';
import {shownPath} from '../shown-path.ts';

export interface LandFlags {
  milestone?: string;
  into?: string;
  merge?: boolean;
  squash?: boolean;
  ff?: boolean;
  pr?: boolean;
  partial?: boolean;
  dryRun?: boolean;
  record: boolean;
  json?: boolean;
}

/** `milestone land`. @returns The exit code. */
export async function land(word: string | undefined, flags: LandFlags): Promise<number> {
  const home = requireHome();
  const paths = homePaths(home);
  const id = chosen(paths, word, flags.milestone);
  locatePlan(paths, id);
  const options: LandOptions = {
    ...commandOptions(home, id),
    into: flags.into,
    kind: kindOf(flags),
    partial: flags.partial ?? false,
    record: flags.record,
    signals: processSignals,
  };
  const there = await landedBefore(paths, id, flags);
  if (there) return flags.dryRun ? sayWould(id, there.would, flags) : say(paths, id, there.landed, flags);
  if (flags.dryRun) return rehearse(paths, options, flags);
  if (flags.pr) return requestPull(paths, options, flags);
  try {
    const landed = await landMilestone(options);
    say(paths, id, landed, flags);
    if (!flags.json) await sayHowToSwitch(paths, id, landed);
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    const message = `${error.message}; nothing has moved`;
    if (flags.json) console.log(JSON.stringify({ok: false, error: {code: 'STOPPED', message}}));
    else console.error(message);
    return error.exitCode;
  }
}

/** Where the log is not here, the branch may have all of it all the same, as in a clone. */
async function landedBefore(paths: HomePaths, id: MilestoneId, {into}: LandFlags) {
  if (fs.existsSync(paths.log(id))) return undefined;
  const view = await look(paths, id);
  if (view.origin !== 'elsewhere') return undefined;
  const {landedElsewhere} = await import('../../landing/landed-elsewhere.ts');
  return landedElsewhere(paths.home, view, into);
}

function sayWould(id: MilestoneId, would: WouldLand, {json}: LandFlags): number {
  if (json) console.log(JSON.stringify({ok: true, would}));
  else for (const line of wouldLines(id, would)) console.log(printable(line));
  return 0;
}

function say(paths: HomePaths, id: MilestoneId, landed: Landed, {json}: LandFlags): number {
  if (json) console.log(JSON.stringify({ok: true, landed}));
  else for (const line of landedLines(paths, id, landed)) console.log(printable(line));
  return 0;
}

/** In shared mode, and wherever another branch is checked out than the one it landed in. */
async function sayHowToSwitch({home}: HomePaths, id: MilestoneId, {into}: Landed): Promise<void> {
  const repo = await openRepository(path.dirname(home));
  const files = repo ? await recordInTheWay(repo, id, into) : [];
  if (files.length === 0) return;
  const command = `rm -r ${files.map(file => shellWord(shownPath(file))).join(' ')} && git switch ${shellWord(into)}`;
  console.log(
    printable(`  its record lies here untracked, where a switch to \`${into}\` would stop at it: \`${command}\``),
  );
}

/** The one that ran last, where none is named. */
function chosen(paths: HomePaths, word: string | undefined, flag: string | undefined): MilestoneId {
  if (word !== undefined && flag !== undefined && word !== flag)
    throw new MilestoneError('USAGE', `\`${word}\` and \`--milestone ${flag}\` name two milestones`);
  return chooseShown(paths, flag ?? word);
}

/** @throws {MilestoneError} `USAGE` */
function kindOf(flags: LandFlags): LandingKind {
  const kinds = (['merge', 'squash', 'ff'] as const).filter(kind => flags[kind]);
  if (kinds.length <= 1) return kinds[0] ?? 'merge';
  throw new MilestoneError('USAGE', `${kinds.map(kind => `\`--${kind}\``).join(' and ')} exclude each other`);
}

async function rehearse(paths: HomePaths, options: LandOptions, flags: LandFlags): Promise<number> {
  const state = foldLog(paths, options.id)?.state;
  if (!state) throw notHere(paths, options.id);
  const repo = await openRepository(path.dirname(paths.home));
  if (!repo) throw withoutGit(state);
  if (flags.pr) assertNoKind(flags);
  const would = flags.pr
    ? await rehearsePullRequest(repo, state, options)
    : await rehearseLanding(repo, state, checksOf(paths, state), options);
  return sayWould(options.id, would, flags);
}

/** @throws {MilestoneError} `USAGE` */
async function requestPull(paths: HomePaths, options: LandOptions, flags: LandFlags): Promise<number> {
  assertNoKind(flags);
  const asked = await openPullRequest({...options, body: () => bodyOf(paths, options.id)});
  if ('landed' in asked) return say(paths, options.id, asked.landed, flags);
  if (flags.json) console.log(JSON.stringify({ok: true, pull_request: asked.request}));
  else for (const line of requestLines(options.id, asked.request)) console.log(printable(line));
  return 0;
}

/** @throws {MilestoneError} `USAGE` */
function assertNoKind(flags: LandFlags): void {
  const kind = (['merge', 'squash', 'ff'] as const).find(name => flags[name]);
  if (kind)
    throw new MilestoneError('USAGE', `with \`--pr\` who merges it chooses how, so \`--${kind}\` means nothing`);
}

async function bodyOf(paths: HomePaths, id: MilestoneId): Promise<string> {
  const view = await look(paths, id);
  return reportMarkdown(await reportOf(paths, view));
}

function requestLines(id: MilestoneId, request: PullRequest): string[] {
  const {remote, branch, into, url, commands, opened, recorded} = request;
  const pushed = `\`${branch}\` is pushed to \`${remote}\``;
  if (!opened) return [`${pushed}; these commands open a pull request:`, ...commands.map(command => `  ${command}`)];
  const at = url === undefined ? '' : `: ${url}`;
  const pull = `  once it is merged, \`git fetch ${remote}\` and \`milestone land ${id}\` bring it here, over the files of its record`;
  return [`${pushed}, and whoever reads there is asked to take it into \`${into}\`${at}`, ...(recorded ? [pull] : [])];
}

function notHere(paths: HomePaths, id: MilestoneId): MilestoneError {
  return new MilestoneError('LOG_MISSING', `the event log of milestone \`${id}\` is not here`, {
    hint: `milestone status ${id}`,
    where: {file: locatePlan(paths, id)},
  });
}

function checksOf(paths: HomePaths, state: MilestoneState): string[] {
  const {verify, verifyFinal} = resolveMilestoneSettings(
    state.plan.settings,
    readConfigFile(paths.config).config.settings,
  );
  return [verify, verifyFinal].filter(command => command !== undefined);
}

const HOW: Readonly<Record<LandingKind, string>> = {
  merge: 'merged',
  squash: 'squashed into one commit',
  ff: 'fast-forwarded',
};

function landedLines(paths: HomePaths, id: MilestoneId, landed: Landed): string[] {
  const {into, commit, kind, tasks, checks, already, followed} = landed;
  const short = commit.slice(0, 10);
  if (already) return [`milestone \`${id}\` is in \`${into}\` already (${short})`];
  const state = foldLog(paths, id)?.state;
  // What a host has merged, or what had moved before a crash, was not checked just now.
  const isUnchecked = state !== undefined && checksOf(paths, state).length === 0;
  return [
    `milestone \`${id}\` is in \`${into}\`: ${counted(tasks.length, 'task')}, ${HOW[kind]} (${short})`,
    ...(isUnchecked ? [UNCHECKED] : checks.map(checkLine)),
    ...followed.map(folder => `  ${folder} follows`),
  ];
}

const UNCHECKED = '  unchecked: the plan has neither `verify` nor `verify_final`';

function checkLine({command, duration_ms, flaky}: CheckResult): string {
  return `  ✔ ${firstLine(command)} (${(duration_ms / 1_000).toFixed(1)} s)${flaky ? ', flaky' : ''}`;
}

function wouldLines(id: MilestoneId, would: WouldLand): string[] {
  const {into, onto, head, kind, tasks, checks, already, follows, pull_request: request} = would;
  if (already) return [`milestone \`${id}\` is in \`${into}\` already`];
  if (follows !== undefined)
    return [`\`${into}\` would follow its upstream to ${follows.slice(0, 10)}, which has milestone \`${id}\``];
  const what = `milestone \`${id}\` (${head.slice(0, 10)}, ${counted(tasks.length, 'task')})`;
  if (request)
    return [
      `${what} would be pushed to \`${request.remote}\` as \`${request.branch}\`, for a pull request into \`${into}\``,
    ];
  return [
    `${what} would be ${HOW[kind]} in \`${into}\` (${onto.slice(0, 10)})`,
    ...(checks.length === 0 ? [UNCHECKED] : []),
    ...checks.map(command => `  if it is green: ${firstLine(command)}`),
  ];
}
