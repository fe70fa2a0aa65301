// Large plans are read in a process of their own: `yaml` takes more memory than an executor should have for a night, and gives
// it back only by ending. Loaded by the executor, so nothing heavy is imported here.

import {MilestoneError} from '../../errors.ts';
import {askChild} from '../../platform/processes/ask-child.ts';
import type {PlanReading} from './reader.ts';

/** A short life with much garbage: a large nursery spares most of its collection. */
const FLAGS = ['--max-semi-space-size=64'];

/**
 * Read a plan and config.yaml.
 * @param program Arguments of node that run `answerPlanRequest` (answer-plan-request.ts).
 * @throws {MilestoneError} `IO_FAILED` when the process does not answer; what is wrong with the files are problems.
 */
export async function readInChild(
  program: readonly string[],
  files: {file: string; configFile: string},
): Promise<PlanReading> {
  const child = await askChild(process.execPath, [...FLAGS, ...program], JSON.stringify(files));
  const {exitCode, signal, stdout, stderr} = child;
  if (stdout.endsWith('\n')) return JSON.parse(stdout) as PlanReading;
  const end = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
  throw new MilestoneError('IO_FAILED', `cannot read \`${files.file}\`: its reader ended with ${end}`, {
    hint: stderr.trim().split('\n').at(-1) || undefined,
  });
}
