import {executeMilestone} from '../../engine/execute-milestone.ts';
import type {ExecutionReport} from '../../engine/run.ts';
import {MilestoneError} from '../../errors.ts';
import {locatePlan} from '../../milestone/find-milestone.ts';
import {type HomePaths, homePaths} from '../../plan/file/home.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import {didYouMean} from '../../plan/suggest.ts';
import {systemClock} from '../../platform/clock.ts';
import {listFolder, readIfExists} from '../../platform/files.ts';
import {processSignals} from '../../platform/processes/signals.ts';
import {limitHeap} from '../../platform/v8-tuning.ts';
import {nextLine, whatNext} from '../../reports/what-next.ts';
import {pausedUntil} from '../../state/milestone.ts';
import {printable} from '../../terminal/printable.ts';
import {chooseMilestone, requireHome} from '../choose-milestone.ts';
import type {DryRunFlags} from '../dry-run/dry-run.ts';
import {describeFailure, exitCodeOf, failureText} from '../failure.ts';
import {eventPrinter} from '../follow/event-printer.ts';
import {readPlan} from '../launch/plan-reader.ts';
import {type Closing, StartTeller} from '../launch/start-report.ts';
import {standardStreams, wantsDashboard} from '../launch/wants-dashboard.ts';

export interface ExecuteFlags {
  dryRun?: boolean;
  plan?: boolean;
  only?: string[];
  until?: string[];
  maxParallel?: number;
  git: boolean;
  takeOver?: boolean;
  adopt?: boolean;
  json?: boolean;
  format?: 'text' | 'md' | 'json';
  resume?: boolean;
  session?: string;
  detach?: boolean;
  /** Sleep until a quota is back. */
  wait?: boolean;
  /** `auto`: no person is asked at the gates of kiro tasks. */
  gates?: 'wait' | 'auto';
  /** Let agents do what would otherwise be asked. */
  yolo?: boolean;
  /** The pipe that whoever started this in the background listens to. */
  tellStart?: number;
}

/** `milestone execute` and `milestone resume`. @returns The exit code. */
export async function execute(
  command: 'execute' | 'resume',
  id: string | undefined,
  flags: ExecuteFlags,
): Promise<number> {
  const teller = new StartTeller(flags.tellStart);
  try {
    return await run(command, id, flags, teller);
  } catch (error) {
    teller.ended(failed(error));
    if (!flags.json) throw error;
    // A stream of events always ends with the exit code, also one in which nothing happened.
    console.log(JSON.stringify(failed(error)));
    return exitCodeOf(error);
  }
}

async function run(
  command: 'execute' | 'resume',
  id: string | undefined,
  flags: ExecuteFlags,
  teller: StartTeller,
): Promise<number> {
  const home = requireHome();
  const paths = homePaths(home);
  const named = flags.session === undefined ? id : milestoneOf(paths, flags.session, id);
  const milestone = chooseMilestone(paths, named);
  if (named === undefined) refuseCompleted(paths, milestone);
  const json = flags.json ?? false;
  const start: Start = {
    home,
    id: milestone,
    command: flags.resume ? 'resume' : command,
    selection: {only: flags.only ?? [], until: flags.until ?? []},
    adopt: flags.adopt ?? false,
    takeOver: flags.takeOver ?? false,
    noGit: !flags.git,
    ...(flags.maxParallel !== undefined && {maxParallel: flags.maxParallel}),
    ...(flags.gates && {gates: flags.gates}),
    yolo: flags.yolo ?? false,
  };
  if (flags.dryRun || flags.plan) {
    const {dryRun} = await import('../dry-run/dry-run.ts');
    return dryRun({...start, json, ...(flags.format && {format: flags.format})});
  }
  if (flags.detach) {
    const {detach} = await import('../launch/detach.ts');
    return detach(home, milestone, {json});
  }
  const words = process.argv.slice(2);
  // Not for others that carry out a plan, such as the demo.
  if (words[0] === command && wantsDashboard(words, standardStreams(), process.env)) {
    const {executeOnTerminal} = await import('../launch/execute-on-terminal.ts');
    return executeOnTerminal(home, milestone, words);
  }
  return finish(await carryOut(start, flags, teller), json, teller);
}

/** What is to be executed and how, for a dry run as well. */
type Start = Omit<DryRunFlags, 'json' | 'format'>;

function carryOut(start: Start, flags: ExecuteFlags, teller: StartTeller): Promise<ExecutionReport> {
  limitHeap();
  const printer = eventPrinter(flags.json ?? false);
  return executeMilestone({
    ...start,
    clock: systemClock,
    signal: new AbortController().signal,
    readPlan,
    wait: flags.wait ?? false,
    callerEnv: process.env,
    signals: processSignals,
    onEvents(events, state) {
      teller.events(events);
      printer.events(events, state);
    },
    warn: printer.warn,
  });
}

/**
 * Whoever names no milestone means one that there is something to do for.
 * @throws {MilestoneError} `WRONG_STATUS`
 */
function refuseCompleted(paths: HomePaths, id: MilestoneId): void {
  if (locatePlan(paths, id) === paths.active(id)) return;
  throw new MilestoneError('WRONG_STATUS', `no milestone is active; \`${id}\`, the last one, is completed`, {
    hint: `\`milestone status ${id}\` shows it; a new plan goes in \`${paths.activeFolder}\``,
  });
}

/**
 * The milestone that a session worked on.
 * @throws {MilestoneError} `UNKNOWN_SESSION`
 */
function milestoneOf(paths: HomePaths, session: string, id: string | undefined): MilestoneId {
  const isName = /^[\w-]{1,64}$/.test(session);
  const text = isName ? readIfExists(paths.session(session)) : undefined;
  const milestone = /^ {2}milestone_id: "([\w.-]+)"$/m.exec(text ?? '')?.[1];
  if (milestone !== undefined && (id === undefined || id === milestone)) return milestone;
  const known = listFolder(paths.sessionsFolder).flatMap(name => (name.endsWith('.yaml') ? name.slice(0, -5) : []));
  throw new MilestoneError(
    'UNKNOWN_SESSION',
    milestone === undefined
      ? `there is no session \`${session}\``
      : `session \`${session}\` worked on \`${milestone}\`, not on \`${id}\``,
    {
      hint:
        milestone === undefined
          ? (didYouMean(session, known) ?? `sessions are in \`${paths.sessionsFolder}\``)
          : undefined,
    },
  );
}

function finish(report: ExecutionReport, json: boolean, teller: StartTeller): number {
  const exit = report.error === undefined ? report.exit : exitCodeOf(report.error);
  teller.ended(closing(report, exit));
  if (json) console.log(JSON.stringify(closing(report, exit)));
  else if (report.error !== undefined) console.error(errorLines(report.error, report).join('\n'));
  else if (exit === 0) console.log(printable(nextLine(whatNext(report.state))));
  else
    console.error(
      endLines(report)
        .map(line => printable(line))
        .join('\n'),
    );
  return exit;
}

function errorLines(error: unknown, {state}: ExecutionReport): string[] {
  const text = failureText(error);
  if (text.includes('`milestone resume')) return [text];
  // What comes after the last event has failed then: its slots, or its plan, are not where they are to be.
  const next = state.status === 'completed' ? [`milestone resume ${state.id}`] : whatNext(state);
  return [text, printable(nextLine(next))];
}

/** The last one says what comes next; most hints do. */
function endLines({reason, hint, state}: ExecutionReport): string[] {
  if (hint?.includes('`milestone resume')) return [reason, `hint: ${hint}`];
  return [reason, ...(hint === undefined ? [] : [`hint: ${hint}`]), nextLine(whatNext(state))];
}

const OUT_OF_QUOTA = 8;

function closing({error, reason, hint, state}: ExecutionReport, exit: number): Closing {
  if (exit === 0) return {ok: true, exit};
  if (error !== undefined) return failed(error);
  const resets_at = exit === OUT_OF_QUOTA ? pausedUntil(state) : undefined;
  return {
    ok: false,
    exit,
    error: {code: 'STOPPED', message: reason, ...(hint !== undefined && {hint})},
    ...(resets_at !== undefined && {resets_at}),
  };
}

function failed(error: unknown): Closing {
  return {ok: false, exit: exitCodeOf(error), error: describeFailure(error)};
}
