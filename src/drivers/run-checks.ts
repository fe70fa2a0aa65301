// Checks decide whether work is done. They run beside each other, each in a process group of its own, and leave nothing
// running. While one runs its output is in a file beside the attempt's log; then it is appended to that log, whole, so
// that two checks never mix.

import type {CheckResult} from '../events/details/checks.ts';
import {allEnded} from '../platform/all-ended.ts';
import {appendContent, appendNote, readTelling, removeAttemptLog, withAttemptLog} from '../platform/attempt-log.ts';
import type {Clock} from '../platform/clock.ts';
import {type Shell, shellCall} from '../platform/processes/shell-call.ts';
import {describeExit, startGroup} from '../platform/processes/start-group.ts';
import {isImmediate, type StopSignal} from '../platform/processes/stop-signal.ts';
import {describeLeftovers, onAbort, type Supervised, superviseGroup} from '../platform/processes/supervise.ts';
import {TOKEN_VARIABLE, tokenOfPart} from '../platform/processes/tokens.ts';
import type {Redactor} from '../platform/redact.ts';
import {formatMs} from './limits.ts';

export interface Check {
  /** No two of one run share it. */
  name: CheckResult['name'];
  command: string;
  /** Default `sh`. */
  shell?: Shell;
}

export interface ChecksInput {
  checks: readonly Check[];
  cwd: string;
  env: Record<string, string>;
  /** Of the attempt; each check carries a part of it, so that whoever looks for the token finds the checks too. */
  token: string;
  /** Milliseconds for one run of one check. */
  timeoutMs: number;
  /** Further runs of a check that is red. */
  retries: number;
  /** Keep the end of what green ones print, too. */
  keepsOutput?: boolean;
  /** The attempt's log; takes everything that is printed. */
  logFile: string;
  clock: Clock;
  /** Stops the checks; its `reason` may say `immediate`. */
  signal: StopSignal;
  /** Skips the grace of a stop. */
  hurry?: AbortSignal | undefined;
  redactor: Redactor;
}

/** Between the name of a log and that of a check: while the check runs, its output lies there. */
export const CHECK_OUTPUT = '.check-';

/** Bytes of output that a red check keeps. */
const TAIL_BYTES = 2048;

/**
 * Run all checks on the tree as it is.
 * @returns Results in the order of `checks`.
 * @throws The reason of `signal` when it aborts, as soon as nothing runs any more.
 * @throws {MilestoneError} when the machine fails (a log cannot be written).
 */
export async function runChecks(input: ChecksInput): Promise<CheckResult[]> {
  return allEnded(input.checks.map(check => runUntilGreen(check, input)));
}

async function runUntilGreen(check: Check, input: ChecksInput): Promise<CheckResult> {
  for (let run = 1; ; run++) {
    input.signal.throwIfAborted();
    const result = await runOnce(check, input);
    if (result.ok && run > 1) return {...result, flaky: true};
    if (result.ok || run > input.retries) return result;
  }
}

async function runOnce(check: Check, input: ChecksInput): Promise<CheckResult> {
  const startedAt = input.clock.elapsed();
  const output = `${input.logFile}${CHECK_OUTPUT}${check.name}`;
  const ending = await runInto(output, check, input);
  if (ending.note) appendNote(output, ending.note);
  await input.redactor.redactFile(output);
  appendNote(input.logFile, `$ ${input.redactor.redactText(check.command)}`);
  appendContent(input.logFile, output);
  const ok = ending.exitCode === 0;
  const result: CheckResult = {
    name: check.name,
    command: input.redactor.redactText(check.command),
    ok,
    exit_code: ending.exitCode,
    duration_ms: Math.round(input.clock.elapsed() - startedAt),
    ...((!ok || input.keepsOutput) && {output_tail: readTelling(output, TAIL_BYTES)}),
  };
  removeAttemptLog(output);
  input.signal.throwIfAborted();
  return result;
}

interface Ending {
  /** Null when it was ended, or could not be started. */
  exitCode: number | null;
  /** What its own output does not say. */
  note?: string;
}

async function runInto(output: string, check: Check, input: ChecksInput): Promise<Ending> {
  const token = tokenOfPart(input.token, check.name);
  const command = {
    ...shellCall(check.shell ?? 'sh', check.command),
    cwd: input.cwd,
    env: {...input.env, [TOKEN_VARIABLE]: token},
  };
  const started = await withAttemptLog(output, outputFd => startGroup({...command, outputFd}), {fresh: true});
  if (started.kind === 'failed') return {exitCode: null, note: `milestone: could not be started: ${started.message}`};
  const supervised = await superviseGroup<'timeout' | 'stopped'>(started, {
    token,
    clock: input.clock,
    hurry: input.hurry,
    arm: end => armCuts(input, end),
    isImmediate: cut => cut === 'stopped' && isImmediate(input.signal.reason),
  });
  return judge(supervised, input.timeoutMs);
}

function armCuts(input: ChecksInput, end: (cut: 'timeout' | 'stopped') => void): () => void {
  const endTimeout = input.clock.alarm(input.timeoutMs, () => end('timeout'));
  const disarm = onAbort(input.signal, () => end('stopped'));
  return () => {
    endTimeout();
    disarm();
  };
}

function judge(supervised: Supervised<'timeout' | 'stopped'>, timeoutMs: number): Ending {
  const exitCode = supervised.cut ? null : supervised.exit.code;
  const notes = [
    exitCode === null && `milestone: ${explainNoCode(supervised, timeoutMs)}`,
    describeLeftovers(supervised),
  ];
  const note = notes.filter(Boolean).join('\n');
  return {exitCode, ...(note && {note})};
}

function explainNoCode({exit, cut}: Supervised<'timeout' | 'stopped'>, timeoutMs: number): string {
  if (!cut) return describeExit(exit);
  return cut.reason === 'timeout' ? `took longer than ${formatMs(timeoutMs)}` : 'was stopped';
}
