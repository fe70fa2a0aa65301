// Programs named `claude`, `codex` and `opencode` that do what a test has written down for them, and tell the test how
// they were called.

import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {withDeadline} from './deadline.ts';
import type {MilestoneRig} from './milestone-rig.ts';

const PROGRAM = fileURLToPath(new URL('fake-agent.cjs', import.meta.url));

const VERSIONS = {claude: '2.1.330 (Claude Code)', codex: 'codex-cli 0.169.0', opencode: '1.18.33'};

export type AgentName = 'claude' | 'codex' | 'opencode';

/** What a fake does, in the order of its script; the last step without `exit` or `hold` ends it with exit code 0. */
export type Step =
  /** One JSON line on stdout; `$CONVERSATION` in it becomes the id of the conversation. */
  | {print: unknown}
  /** Text on stdout, as it is. */
  | {raw: string}
  /** One line of `bytes` times the letter x between two texts. */
  | {large: {head: string; bytes: number; tail: string}}
  | {stderr: string}
  /** Files by path, relative to where it runs. */
  | {write: Record<string, string>}
  /** A shell command, to its end. */
  | {run: string}
  /** A shell command in a session of its own, which nobody waits for. */
  | {orphan: string}
  /** From now on these signals do nothing. */
  | {ignore: NodeJS.Signals[]}
  /** Goes on as soon as this file exists. */
  | {waitFor: string}
  /** Until it is killed. */
  | {hold: true}
  | {exit: number}
  | {kill: NodeJS.Signals};

/** One call of a fake. */
export interface AgentRun {
  number: number;
  pid: number;
  argv: string[];
  cwd: string;
  env: Record<string, string>;
  conversation: string;
  /** Its prompt; absent until it has all of it. */
  stdin?: string;
}

export class FakeAgents {
  /** To be put at the beginning of PATH. */
  readonly bin: string;

  /** @param folder Takes programs, scripts and records; is made. */
  constructor(
    private readonly folder: string,
    ...names: AgentName[]
  ) {
    this.bin = path.join(folder, 'bin');
    fs.mkdirSync(this.bin, {recursive: true});
    for (const name of names) this.#install(name);
  }

  /** Put these agents on the PATH of every program that the rig starts from now on. */
  static into(rig: MilestoneRig, ...names: AgentName[]): FakeAgents {
    const agents = new FakeAgents(path.join(rig.root, 'fake-agents'), ...names);
    rig.env.PATH = `${agents.bin}${path.delimiter}${rig.env.PATH}`;
    return agents;
  }

  /**
   * Say what a run does.
   * @param which `<task>.<attempt>`, `<task>`, the number of the run (from 1), or `default`; the first that there is decides.
   */
  script(name: AgentName, which: string | number, steps: Step[]): void {
    fs.writeFileSync(path.join(this.#folderOf(name), `${which}.json`), JSON.stringify(steps));
  }

  /** What the program answers to `--version`. */
  version(name: AgentName, text: string): void {
    fs.writeFileSync(path.join(this.#folderOf(name), 'version'), `${text}\n`);
  }

  /** All runs so far, in the order of their start. */
  runs(name: AgentName): AgentRun[] {
    const folder = path.join(this.#folderOf(name), 'runs');
    const texts = fs.readdirSync(folder).map(file => fs.readFileSync(path.join(folder, file), 'utf8'));
    const whole = texts.filter(text => text !== '').map(text => JSON.parse(text) as AgentRun);
    return whole.sort((a, b) => a.number - b.number);
  }

  /** The first run that has its prompt and is wanted; waits for it. */
  async run(name: AgentName, isWanted: (run: AgentRun) => boolean = () => true): Promise<AgentRun> {
    const watcher = fs.watch(path.join(this.#folderOf(name), 'runs'));
    const came = new Promise<AgentRun>((resolve, reject) => {
      const look = () => {
        const found = this.runs(name).find(run => run.stdin !== undefined && isWanted(run));
        if (found) resolve(found);
      };
      watcher.on('change', look).on('error', reject);
      look();
    });
    const known = () => JSON.stringify(this.runs(name).map(({argv, stdin}) => ({argv, stdin})));
    return withDeadline(came, `a run of ${name}`, known).finally(() => watcher.close());
  }

  #install(name: AgentName): void {
    fs.mkdirSync(path.join(this.#folderOf(name), 'runs'), {recursive: true});
    this.version(name, VERSIONS[name]);
    const words = [process.execPath, PROGRAM, name, this.#folderOf(name)];
    const version = quote(path.join(this.#folderOf(name), 'version'));
    // Asked for at every start: no reason to start node.
    const text = `#!/bin/sh\n[ "$1" = --version ] && exec cat ${version}\nexec ${words.map(quote).join(' ')} "$@"\n`;
    fs.writeFileSync(path.join(this.bin, name), text, {mode: 0o755});
  }

  #folderOf(name: AgentName): string {
    return path.join(this.folder, name);
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
