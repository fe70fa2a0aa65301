// One attempt of a coding agent whose program is a fake.

import fs from 'node:fs';
import path from 'node:path';
import type {AgentInput, AttemptInput, DriverResult, Observation, RunningAttempt} from '../../src/drivers/driver.ts';
import {type DriverChoice, DriverSet} from '../../src/drivers/registry.ts';
import {RESULT_SCHEMA} from '../../src/drivers/result.ts';
import {type Clock, systemClock} from '../../src/platform/clock.ts';
import {StopSource} from '../../src/platform/processes/stop-signal.ts';
import {ProcessRig} from '../platform/processes/process-rig.ts';
import {FakeAgents, type Step} from '../rig/fake-agents.ts';
import {FakeClock} from '../rig/fake-clock.ts';

export type Changes = Partial<Omit<AttemptInput, 'agent'>> & {agent?: Partial<AgentInput>};

export class AgentRig extends ProcessRig {
  readonly agents = new FakeAgents(path.join(this.folder, 'agents'), 'claude', 'codex', 'opencode');
  readonly stop = new StopSource();
  readonly hurry = new AbortController();
  readonly seen: Observation[] = [];
  readonly work = path.join(this.folder, 'work');
  clock: Clock = systemClock;
  drivers: Record<string, Record<string, unknown>> = {};

  constructor() {
    super();
    fs.mkdirSync(this.work);
    this.env.PATH = `${this.agents.bin}${path.delimiter}${process.env.PATH}`;
    this.env.HOME = this.folder;
  }

  /** An attempt from its start to its end; `scripts` are those of the program's first runs. */
  async attempt(
    name: 'claude' | 'codex' | 'opencode',
    scripts: Step[][],
    changes: Changes = {},
  ): Promise<DriverResult> {
    scripts.forEach((steps, index) => {
      this.agents.script(name, index + 1, steps);
    });
    return (await this.begin(name, changes)).ended;
  }

  /** An attempt that has its prompt. */
  async begin(name: string, changes: Changes = {}): Promise<RunningAttempt> {
    const running = await this.launch(name, changes);
    running.begin?.();
    return running;
  }

  /** How an attempt ends whose time is over as soon as it has printed this, and not before. */
  async cutOffAfter(printed: string, name: string, changes: Changes = {}): Promise<unknown> {
    const clock = new FakeClock();
    this.clock = clock;
    const timeoutMs = 45 * 60_000;
    const running = await this.begin(name, {...changes, limits: {timeoutMs, silentMs: Number.POSITIVE_INFINITY}});
    await this.untilPrinted(printed);
    await clock.advance(timeoutMs);
    return outcomeOf(await clock.runUntil(running.ended));
  }

  async launch(name: string, changes: Changes = {}): Promise<RunningAttempt> {
    const choice = this.choose(name);
    if (choice.kind !== 'driver') throw new Error(JSON.stringify(choice));
    const running = await choice.driver.start(this.input(changes));
    if (running.kind === 'ended') throw new Error(JSON.stringify(running.outcome));
    return running;
  }

  choose(name: string): DriverChoice {
    return new DriverSet({drivers: this.drivers, env: this.env}).get(name);
  }

  input({agent, ...changes}: Changes): AttemptInput {
    return {
      task: {id: 'task', title: 'Task'},
      attempt: 1,
      cwd: this.work,
      env: this.env,
      logFile: this.logFile,
      token: this.token,
      limits: {timeoutMs: Number.POSITIVE_INFINITY, silentMs: Number.POSITIVE_INFINITY},
      clock: this.clock,
      stop: this.stop,
      hurry: this.hurry.signal,
      hasChanged: async () => false,
      agent: {
        prompt: 'Do it.',
        permissions: 'project',
        allow: [],
        inherit: 'project',
        commands: [],
        budget: {},
        schema: RESULT_SCHEMA,
        observe: seen => this.seen.push(seen),
        ...agent,
      },
      ...changes,
    };
  }

  observed<Kind extends Observation['kind']>(kind: Kind): Array<Extract<Observation, {kind: Kind}>> {
    return this.seen.filter((seen): seen is Extract<Observation, {kind: Kind}> => seen.kind === kind);
  }

  /** Arguments of the n-th run (from 1) that follow an option. */
  optionOf(name: 'claude' | 'codex' | 'opencode', option: string, run = 1): string | undefined {
    const {argv} = this.agents.runs(name)[run - 1]!;
    return argv.includes(option) ? argv[argv.indexOf(option) + 1] : undefined;
  }
}

/** How an attempt of an agent ended, without its usage. */
export function outcomeOf(result: DriverResult): unknown {
  return result.kind === 'ended' ? result.outcome : result.claim;
}
