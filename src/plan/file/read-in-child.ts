// Plans are read in a process of their own: `yaml` takes more memory than the executor may have, and gives it back
// only by ending. Loaded by the executor, so nothing heavy is imported here before it is needed.

import {MilestoneError} from '../../errors.ts';
import type {WaitingChild} from '../../platform/processes/run-child.ts';
import type {Problem} from '../plan.ts';
import type {Config} from './read-plan-text.ts';
import type {ReadPlan} from './reader.ts';
import type {FileStamp} from './stamp.ts';

/** A plan and the project's config.yaml, as one reading found them. */
export interface PlanReading extends ReadPlan {
  config: Config;
  configProblems: Problem[];
  configStamp?: FileStamp;
}

/** Reads plans, each in a process of its own. The first is started ahead: its libraries load while the caller works. */
export class PlanReader {
  private waiting: WaitingChild | undefined;
  /** All that have not ended. */
  private readonly children = new Set<WaitingChild>();

  /** @param startReader Starts a process that runs `answerPlanRequest` (answer-plan-request.ts). */
  constructor(private readonly startReader: () => WaitingChild) {
    this.waiting = this.start();
  }

  /**
   * Read a plan and config.yaml.
   * @throws {MilestoneError} `IO_FAILED` when the process does not answer; what is wrong with the files are problems.
   */
  async read(file: string, configFile: string): Promise<PlanReading> {
    const child = this.waiting ?? this.start();
    this.waiting = undefined;
    const {exitCode, signal, stdout, stderr} = await child.ask(JSON.stringify({file, configFile}));
    if (stdout.endsWith('\n')) return JSON.parse(stdout) as PlanReading;
    const end = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
    throw new MilestoneError('IO_FAILED', `cannot read \`${file}\`: its reader ended with ${end}`, {
      hint: stderr.trim().split('\n').at(-1) || undefined,
    });
  }

  /** No plan will be read any more. Resolves when no process is left. */
  async end(): Promise<void> {
    this.waiting = undefined;
    for (const child of this.children) child.kill();
    await Promise.all([...this.children].map(({ended}) => ended));
  }

  private start(): WaitingChild {
    const child = this.startReader();
    this.children.add(child);
    void child.ended.then(() => this.children.delete(child));
    return child;
  }
}
