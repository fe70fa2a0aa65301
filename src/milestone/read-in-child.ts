// Plans are read in a process of their own: `yaml` takes more memory than the executor may have, and gives it back
// only by ending. Loaded by the executor, so nothing heavy is imported here before it is needed.

import {MilestoneError} from '../errors.ts';
import {startChild, type WaitingChild} from '../platform/run-child.ts';
import type {Config} from './file.ts';
import type {Problem} from './plan.ts';
import type {ReadPlan} from './reader.ts';
import type {FileStamp} from './stamp.ts';
import {isSameStamp, planStamp} from './stamp.ts';

/** A plan and the project's config.yaml, as one reading found them. */
export interface PlanReading extends ReadPlan {
  config: Config;
  configProblems: Problem[];
  configStamp?: FileStamp;
}

/** Reads plans, each in a process of its own. The first is started ahead: its libraries load while the caller works. */
export class PlanReader {
  private waiting: WaitingChild | undefined;

  /** @param command Arguments that make node run `answerPlanRequest`. */
  constructor(private readonly command: readonly string[]) {
    this.waiting = this.start();
  }

  /**
   * Read a plan and config.yaml.
   * @throws {MilestoneError} `IO_FAILED` when the process does not answer; what is wrong with the files are problems.
   */
  async read(file: string, configFile: string): Promise<PlanReading> {
    const child = this.waiting ?? this.start();
    this.waiting = undefined;
    const {exitCode, signal, stdout, stderr} = await child.finish(JSON.stringify({file, configFile}));
    if (exitCode === 0 && stdout.endsWith('\n')) return JSON.parse(stdout) as PlanReading;
    const end = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
    throw new MilestoneError('IO_FAILED', `cannot read \`${file}\`: its reader ended with ${end}`, {
      hint: stderr.trim().split('\n').at(-1) || undefined,
    });
  }

  /** No plan will be read any more. */
  async end(): Promise<void> {
    await this.waiting?.end();
    this.waiting = undefined;
  }

  private start(): WaitingChild {
    return startChild(process.execPath, this.command);
  }
}

/**
 * The other end of `PlanReader`: reads one request, prints one line of JSON; resolves once all of it is out.
 * @param guess The plan that will probably be asked for: it is read while the request is still to come, and once more
 * if it has changed by then.
 */
export async function answerPlanRequest(input: AsyncIterable<Buffer | string>, guess?: string): Promise<void> {
  const {readConfigFile, readPlanFile} = await import('./reader.ts');
  const ahead = guess === undefined ? undefined : readPlanFile(guess);
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  if (chunks.length === 0) return; // nobody needs it any more
  const {file, configFile} = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, string>;
  const {config, problems: configProblems, stamp} = readConfigFile(configFile as string);
  const reading: PlanReading = {
    ...(ahead?.stamp && file === guess && isSameStamp(ahead.stamp, planStamp(file as string))
      ? ahead
      : readPlanFile(file as string)),
    config,
    configProblems,
    ...(stamp && {configStamp: stamp}),
  };
  await new Promise<void>((resolve, reject) =>
    process.stdout.write(`${JSON.stringify(reading, bigintAsText)}\n`, error => (error ? reject(error) : resolve())),
  );
}

/** JSON has no integers of any size; only keys that nothing here knows have such values. */
function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
