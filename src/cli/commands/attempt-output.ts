import fs from 'node:fs';
import {StringDecoder} from 'node:string_decoder';
import {MilestoneError} from '../../errors.ts';
import {look} from '../../milestone/look.ts';
import type {HomePaths} from '../../plan/file/home.ts';
import {isValidId} from '../../plan/ids.ts';
import type {MilestoneId, TaskId} from '../../plan/plan.ts';
import {unknownTask} from '../../plan/selection.ts';
import {fileError, listFolder} from '../../platform/files.ts';
import {printable} from '../../terminal/printable.ts';
import {Output} from '../output.ts';

interface Which {
  id: MilestoneId;
  task: TaskId | undefined;
  /** Absent: the last one. */
  attempt: number | undefined;
}

/** Of one answer in JSON; the end of an output says most. */
const LONGEST_JSON_BYTES = 1024 * 1024;

/**
 * Print what an attempt printed: as it is into a pipe, harmless for a terminal.
 * @throws {MilestoneError} `USAGE`, `UNKNOWN_TASK`, `WRONG_STATUS` when there is no such attempt.
 */
export async function printOutput(
  paths: HomePaths,
  which: Which,
  flags: {json?: boolean; follow?: boolean},
): Promise<void> {
  const {task} = which;
  if (task === undefined || flags.follow)
    throw new MilestoneError('USAGE', '`--output` shows what an attempt of one task printed so far', {
      hint: `milestone log ${which.id} <task> --output`,
    });
  const attempt = await chooseAttempt(paths, {...which, task});
  const file = paths.attemptLog(which.id, task, attempt);
  if (flags.json) return console.log(JSON.stringify({ok: true, task_id: task, attempt, file, ...endOf(file)}));
  await copy(file, process.stdout.isTTY);
}

async function chooseAttempt(paths: HomePaths, {id, task, attempt}: Which & {task: TaskId}): Promise<number> {
  const {plan, tasks} = (await look(paths, id)).snapshot;
  const start = `${task}.`;
  const attempts = listFolder(paths.attemptLogs(id))
    .filter(name => name.startsWith(start) && /^\d+\.log$/.test(name.slice(start.length)))
    .map(name => Number.parseInt(name.slice(start.length), 10));
  if (!isValidId(task) || (attempts.length === 0 && !plan.tasks.some(known => known.id === task)))
    throw unknownTask(plan, task);
  const chosen = attempt ?? Math.max(0, ...attempts);
  if (attempts.includes(chosen)) return chosen;
  const made = tasks[plan.tasks.findIndex(known => known.id === task)]?.history.attempts ?? 0;
  throw new MilestoneError('WRONG_STATUS', whyNothing(task, attempt, made), {hint: `milestone log ${id} ${task}`});
}

/** @param made Attempts that there were: a clone has no output of them, and `clean` takes it away. */
function whyNothing(task: TaskId, attempt: number | undefined, made: number): string {
  if (made === 0 && attempt === undefined) return `task \`${task}\` has not printed anything yet`;
  if (attempt !== undefined && attempt > made) return `task \`${task}\` has no attempt ${attempt}`;
  return `what ${attempt === undefined ? '' : `attempt ${attempt} of `}task \`${task}\` printed is not here any more`;
}

function endOf(file: string): {bytes: number; truncated: boolean; output: string} {
  const fd = open(file);
  try {
    const {size} = fs.fstatSync(fd);
    const end = Buffer.alloc(Math.min(size, LONGEST_JSON_BYTES));
    const read = fs.readSync(fd, end, 0, end.length, size - end.length);
    return {bytes: size, truncated: size > end.length, output: end.toString('utf8', 0, read)};
  } finally {
    fs.closeSync(fd);
  }
}

async function copy(file: string, isTerminal: boolean): Promise<void> {
  const output = new Output();
  const decoder = new StringDecoder('utf8');
  for await (const chunk of fs.createReadStream('', {fd: open(file)})) {
    const data = isTerminal ? printable(decoder.write(chunk as Buffer), {lines: true}) : (chunk as Buffer);
    if (!(await output.write(data))) return;
  }
}

function open(file: string): number {
  try {
    return fs.openSync(file, 'r');
  } catch (error) {
    throw fileError(error, `read \`${file}\``);
  }
}
