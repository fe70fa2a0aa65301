import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import {homePaths} from '../../plan/file/home.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import {systemClock} from '../../platform/clock.ts';
import {startDetachedNode, TELL_FD} from '../../platform/processes/detached.ts';
import {processSignals, SIGNAL_EXITS, type SignalName} from '../../platform/processes/signals.ts';
import {describeExit, type Exit} from '../../platform/processes/start-group.ts';
import {commandLine} from '../../platform/processes/typed-command.ts';
import {printable} from '../../terminal/printable.ts';
import {describeFailure} from '../failure.ts';
import {shownPath} from '../shown-path.ts';
import type {StartReport} from './start-report.ts';

export interface DetachedExecutor {
  pid: number;
  /** Takes everything that it prints. */
  logFile: string;
  /** What it says, with the command line that was typed in place of its own. */
  asTyped(text: string): string;
  /** Once its `session_started` is on disk, or it ended without one. Never rejects. */
  started: Promise<StartReport>;
  exited: Promise<Exit>;
  signal(name: SignalName): void;
  /** Let this process end before the executor; to be called after `started`. */
  release(): void;
}

/**
 * Execute a milestone in a process of its own that outlives this one and its terminal.
 * @param args Words of the command line, `execute` or `resume` first.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`
 */
export async function startDetached(home: string, id: MilestoneId, args: readonly string[]): Promise<DetachedExecutor> {
  const logFile = path.join(homePaths(home).attemptLogs(id), `executor-${timestamp()}-${process.pid}.log`);
  const words = [process.argv[1] as string, ...args, '--tell-start', String(TELL_FD)];
  const {pid, told, exited, signal, release} = await startDetachedNode(words, logFile);
  const started = told.then(async text => (text === '' ? diedEarly(await exited) : (JSON.parse(text) as StartReport)));
  const asTyped = (text: string) => text.replaceAll(commandLine(words), commandLine(process.argv.slice(1)));
  return {pid, logFile, asTyped, started, exited, signal, release};
}

/** The words of this process's command line for an executor in the background, which prints text into its log. */
function detachedArguments(words: readonly string[]): string[] {
  const kept = words.filter((word, index) => {
    if (words[index - 1] === '--format') return false;
    return !/^--(?:detach|wait|json|format(?:=.*)?)$/.test(word);
  });
  return [...kept, '--wait'];
}

/** `execute --detach` and `resume --detach`. @returns The exit code. */
export async function detach(home: string, id: MilestoneId, {json}: {json: boolean}): Promise<number> {
  const executor = await startDetached(home, id, detachedArguments(process.argv.slice(2)));
  const stopListening = processSignals.listen(name => executor.signal(name));
  const report = await executor.started.finally(stopListening);
  if (report.kind === 'ended') return reportEnd(id, executor, report, json);
  executor.release();
  const {pid, logFile} = executor;
  if (json)
    console.log(
      JSON.stringify({ok: true, milestone_id: id, exit: 0, session_id: report.session_id, pid, log: logFile}),
    );
  else for (const line of followingText(id, executor, report.session_id)) console.log(printable(line));
  return 0;
}

function followingText(id: MilestoneId, {pid, logFile}: DetachedExecutor, session: string): string[] {
  return [
    `milestone \`${id}\` is being executed in the background (process ${pid}, ${session})`,
    `\`milestone status ${id} --watch\` shows it, \`milestone wait ${id}\` waits until it needs you`,
    `what it prints is in ${shownPath(logFile)}`,
  ];
}

async function reportEnd(
  id: MilestoneId,
  {exited, logFile, asTyped}: DetachedExecutor,
  {ok, exit, error, died}: StartReport & {kind: 'ended'},
  json: boolean,
): Promise<number> {
  await exited; // it may still be printing
  const told = error?.hint === undefined ? error : {...error, hint: asTyped(error.hint)};
  if (json) console.log(JSON.stringify({ok, milestone_id: id, exit, ...(told && {error: told})}));
  else if (ok) console.log(printable(`milestone \`${id}\` is completed; there was nothing left to do`));
  else process.stderr.write(asTyped(fs.readFileSync(logFile, 'utf8')));
  if (died && !json) console.error(printable(`error: ${error?.message ?? ''}`));
  forget(logFile);
  return exit;
}

/** It was killed, or died of a bug, before it could say anything. */
function diedEarly(exit: Exit): StartReport {
  const failure = new MilestoneError('IO_FAILED', `the executor ${describeExit(exit)} before it began`);
  const code = SIGNAL_EXITS[exit.signal as SignalName] ?? (exit.code || failure.exitCode);
  return {kind: 'ended', died: true, ok: false, exit: code, error: describeFailure(failure)};
}

/** What an executor printed that did not begin has been shown. */
function forget(logFile: string): void {
  fs.rmSync(logFile, {force: true});
  try {
    fs.rmdirSync(path.dirname(logFile));
  } catch {} // it holds the logs of attempts
}

function timestamp(): string {
  const [date, time] = new Date(systemClock.now()).toISOString().replace(/[-:]/g, '').split(/[T.]/);
  return `${date}-${time}`;
}
