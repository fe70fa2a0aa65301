// Plans are read in a process of their own: `yaml` takes more memory than the executor may have, and gives it back
// only by ending. Loaded by the executor, so nothing heavy is imported here before it is needed.

import {MilestoneError} from '../errors.ts';
import {runChild} from '../platform/run-child.ts';
import type {Config} from './file.ts';
import type {Problem} from './plan.ts';
import type {ReadPlan} from './reader.ts';
import type {FileStamp} from './stamp.ts';

/** A plan and the project's config.yaml, as one reading found them. */
export interface PlanReading extends ReadPlan {
  config: Config;
  configProblems: Problem[];
  configStamp?: FileStamp;
}

/**
 * Read a plan and config.yaml in a process of its own.
 * @param options.command Arguments that make node run `printPlanFile`; the two paths are put after them.
 * @throws {MilestoneError} `IO_FAILED` when that process does not answer; what is wrong with the files are problems.
 */
export async function readPlanInChild(
  file: string,
  options: {configFile: string; command: readonly string[]},
): Promise<PlanReading> {
  const {exitCode, signal, stdout, stderr} = await runChild(process.execPath, [
    ...options.command,
    file,
    options.configFile,
  ]);
  if (exitCode === 0 && stdout.endsWith('\n')) return JSON.parse(stdout) as PlanReading;
  const end = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
  throw new MilestoneError('IO_FAILED', `cannot read \`${file}\`: its reader ended with ${end}`, {
    hint: stderr.trim().split('\n').at(-1) || undefined,
  });
}

/** The other end of `readPlanInChild`: prints one line of JSON; resolves once all of it is out. */
export async function printPlanFile(file: string, configFile: string): Promise<void> {
  const {readConfigFile, readPlanFile} = await import('./reader.ts');
  const {config, problems: configProblems, stamp} = readConfigFile(configFile);
  const reading: PlanReading = {...readPlanFile(file), config, configProblems, ...(stamp && {configStamp: stamp})};
  await new Promise<void>((resolve, reject) =>
    process.stdout.write(`${JSON.stringify(reading, bigintAsText)}\n`, error => (error ? reject(error) : resolve())),
  );
}

/** JSON has no integers of any size; only keys that nothing here knows have such values. */
function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
