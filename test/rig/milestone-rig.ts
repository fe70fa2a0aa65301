// The real command in a real repository: everything a test needs lies in one temporary folder that goes at the end.

import {execFileSync} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {stringify} from 'yaml';
import type {EventName, EventOf, MilestoneEvent} from '../../src/events/event.ts';
import {withDeadline} from './deadline.ts';
import {endMarked, findMarked, MARKER, type MarkedProcess} from './marked-processes.ts';
import {Program} from './program.ts';
import {readLog} from './read-log.ts';
import {type CommandOptions, CommandServer, type ScriptedCommand} from './scripted-command.ts';
import {searchPathForTests} from './search-path.ts';

/** The executable under test. */
export const MILESTONE: string = fileURLToPath(new URL('../../bin/milestone.js', import.meta.url));

const GIT_CONFIG = `[user]
  name = Ada
  email = ada@example.com
[init]
  defaultBranch = main
[gc]
  auto = 0
[maintenance]
  auto = false
[commit]
  gpgSign = false
[advice]
  detachedHead = false
`;

export interface RigOptions {
  /** False: a plain folder that belongs to no repository. */
  git?: boolean;
  /** False: a repository without a commit. */
  commit?: boolean;
  /** Files of the first commit besides `README`, by path. */
  files?: Record<string, string>;
  /** More arguments for `git init`. */
  init?: string[];
  /** Added to the environment of every program. */
  env?: Record<string, string>;
}

export interface RunOptions {
  /** Relative to the repository. */
  cwd?: string;
  /** Added to the clean environment; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>;
  /** Text for stdin, or `pipe` to keep it open; by default it is /dev/null. */
  stdin?: string;
  /** In a process group of its own. */
  detached?: boolean;
}

/** A task as a test writes it; the title is the id unless given. */
export interface TaskText {
  id: string;
  [key: string]: unknown;
}

type Arguments = string[] | [...string[], RunOptions];
type Wanted = EventName | ((event: MilestoneEvent) => boolean);

let plainRoot: Promise<string> | undefined;

export class MilestoneRig {
  /** The repository: where programs start, and what relative paths are relative to. */
  readonly folder: string;
  /** Where slots live by default. */
  readonly stateFolder: string;
  readonly env: Record<string, string>;
  readonly #marker = randomUUID();
  readonly #programs: Program[] = [];
  #commands: Promise<CommandServer> | undefined;

  private constructor(
    /** Everything of the rig, also what lies outside the repository; removed at the end. */
    readonly root: string,
    extraEnv: Record<string, string>,
  ) {
    this.folder = path.join(root, 'repo');
    this.stateFolder = path.join(root, 'state');
    this.env = {
      PATH: searchPathForTests(process.env.PATH!),
      HOME: path.join(root, 'home'),
      TMPDIR: path.join(root, 'tmp'),
      XDG_STATE_HOME: this.stateFolder,
      XDG_CONFIG_HOME: path.join(root, 'home', '.config'),
      GIT_CONFIG_GLOBAL: path.join(root, 'home', '.gitconfig'), // found by tasks as well, which do not get the variable
      GIT_CONFIG_NOSYSTEM: '1',
      LANG: 'C.UTF-8',
      NO_COLOR: '1',
      [MARKER]: this.#marker,
      ...extraEnv,
    };
  }

  /** A repository with one commit on `main`, unless the options say otherwise. */
  static async create(options: RigOptions = {}): Promise<MilestoneRig> {
    const {git = true, commit = true, files, init = [], env = {}} = options;
    if (git && commit && !files && init.length === 0) return MilestoneRig.#plain(env);
    const rig = new MilestoneRig(newRoot(), env);
    const {root} = rig;
    for (const name of ['repo', 'home', 'tmp']) fs.mkdirSync(path.join(root, name));
    fs.writeFileSync(rig.env.GIT_CONFIG_GLOBAL!, GIT_CONFIG);
    if (git) rig.git('init', '-q', ...init);
    if (commit || !git)
      for (const [name, text] of Object.entries({README: 'A project.\n', ...files})) rig.write(name, text);
    if (git && commit) rig.commit('First commit');
    return rig;
  }

  /** The usual repository. It is made once and copied from then on: that takes one git in place of six. */
  static async #plain(env: Record<string, string>): Promise<MilestoneRig> {
    plainRoot ??= MilestoneRig.create({files: {}}).then(rig => {
      for (const name of fs.readdirSync(rig.path('.git/hooks'))) fs.rmSync(rig.path('.git/hooks', name)); // samples
      process.once('exit', () => fs.rmSync(rig.root, {recursive: true, force: true}));
      return rig.root;
    });
    const rig = new MilestoneRig(newRoot(), env);
    fs.cpSync(await plainRoot, rig.root, {recursive: true, preserveTimestamps: true});
    rig.git('update-index', '--refresh');
    return rig;
  }

  /**
   * A rig over a copy of another one's folder: cheaper than making a repository anew.
   * The other rig must not be in use meanwhile.
   */
  static copyOf(template: MilestoneRig, extraEnv: Record<string, string> = {}): MilestoneRig {
    const root = newRoot();
    execFileSync('cp', ['-pR', `${template.root}/.`, root]);
    return new MilestoneRig(root, extraEnv);
  }

  /** Ends every process that the rig or its programs left behind, then removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#commands)?.close();
    await endMarked(this.#marker);
    fs.rmSync(this.root, {recursive: true, force: true, maxRetries: 3});
  }

  /** Start `milestone` with these arguments (options last); await the result for its end. */
  milestone(...args: Arguments): Program {
    return this.start(process.execPath, MILESTONE, ...(args as string[]));
  }

  /** Start any program in the rig's environment. */
  start(command: string, ...args: Arguments): Program {
    const options = (typeof args.at(-1) === 'object' ? args.at(-1) : {}) as RunOptions;
    const words = (args as unknown[]).filter(arg => typeof arg === 'string');
    const {cwd = '.', env = {}, ...rest} = options;
    const program = new Program(command, words, {cwd: this.path(cwd), env: {...this.env, ...env}, ...rest});
    this.#programs.push(program);
    return program;
  }

  /** Run git to its end; its stdout without the last newline. Throws with its stderr when it fails. */
  git(...args: string[]): string {
    const options = {cwd: this.folder, env: this.env, encoding: 'utf8', stdio: 'pipe', maxBuffer: 1 << 28} as const;
    return execFileSync('git', args, options).replace(/\n$/, '');
  }

  /** Commit everything in the repository; its id. */
  commit(message: string): string {
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** A shell command whose every run waits for the test to end it. */
  async command(name: string, options: CommandOptions = {}): Promise<ScriptedCommand> {
    this.#commands ??= CommandServer.listen(this.root, () => this.#explain());
    return (await this.#commands).command(name, options);
  }

  /**
   * Write `.milestones/active/<id>.yaml`.
   * @param tasks As data, or the text of the whole file.
   * @param extra More keys of the milestone, such as `settings`.
   */
  async writeMilestone(id: string, tasks: TaskText[] | string, extra: Record<string, unknown> = {}): Promise<void> {
    const whole = () =>
      stringify({id, title: id, ...extra, tasks: (tasks as TaskText[]).map(task => ({title: task.id, ...task}))});
    this.write(this.planFile(id), typeof tasks === 'string' ? tasks : whole());
  }

  /** Path of the plan, relative to the repository. */
  planFile(id: string, folder: 'active' | 'completed' = 'active'): string {
    return `.milestones/${folder}/${id}.yaml`;
  }

  /** Path of the event log, relative to the repository. */
  logFile(id: string): string {
    return `.milestones/logs/execution-${id}.jsonl`;
  }

  /** Every whole event of the log; throws when a checksum or a number in it is wrong. */
  events(id: string): MilestoneEvent[] {
    return readLog(this.path(this.logFile(id)));
  }

  /** The first event, recorded already or to come, that is wanted: by name, or by a predicate. */
  async waitForEvent<E extends MilestoneEvent>(id: string, wanted: (event: MilestoneEvent) => event is E): Promise<E>;
  async waitForEvent<N extends EventName>(id: string, wanted: N): Promise<EventOf<N>>;
  async waitForEvent(id: string, wanted: Wanted): Promise<MilestoneEvent>;
  async waitForEvent(id: string, wanted: Wanted): Promise<MilestoneEvent> {
    const isWanted = typeof wanted === 'string' ? (event: MilestoneEvent) => event.event === wanted : wanted;
    const logs = this.path('.milestones/logs');
    fs.mkdirSync(logs, {recursive: true});
    const watcher = fs.watch(logs);
    const came = new Promise<MilestoneEvent>((resolve, reject) => {
      const look = () => {
        try {
          const found = this.events(id).find(isWanted);
          if (found) resolve(found);
        } catch (error) {
          reject(error);
        }
      };
      watcher.on('change', look).on('error', reject);
      look(); // after the watch began: nothing is missed
    });
    return withDeadline(came, `the event ${wanted}`, () => this.#explain()).finally(() => watcher.close());
  }

  /** `milestone` of `milestone status --json`. Throws unless it exits 0. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are checked by the tests, not by types
  async status(...args: string[]): Promise<any> {
    const ended = await this.milestone('status', '--json', ...args);
    if (ended.exitCode !== 0)
      throw new Error(`milestone status exits ${ended.exitCode}:\n${ended.stdout}${ended.stderr}`);
    return ended.json().milestone;
  }

  /** Absolute path of one relative to the repository. */
  path(...names: string[]): string {
    return path.resolve(this.folder, ...names);
  }

  read(name: string): string {
    return fs.readFileSync(this.path(name), 'utf8');
  }

  write(name: string, text: string | Uint8Array): void {
    fs.mkdirSync(path.dirname(this.path(name)), {recursive: true});
    fs.writeFileSync(this.path(name), text);
  }

  exists(name: string): boolean {
    return fs.existsSync(this.path(name));
  }

  /** Live processes that descend from this rig's programs, wherever they went. */
  processesLeft(): MarkedProcess[] {
    return findMarked(this.#marker);
  }

  /**
   * Resolves when none is left. What served a program that was killed ends by itself a moment after it, when its input
   * does; what it was to end, it can not.
   */
  async untilNoProcessLeft(): Promise<void> {
    const gone = async () => {
      while (this.processesLeft().length > 0) await pause(2); // not our children: nothing announces their end
    };
    await withDeadline(gone(), 'the end of all processes', () => JSON.stringify(this.processesLeft()));
  }

  #explain(): string {
    const outputs = this.#programs.map(({pid, printed}) => `program ${pid}\n${printed.stdout}${printed.stderr}`);
    return [...outputs, ...this.#logs()].join('\n');
  }

  #logs(): string[] {
    const folder = this.path('.milestones/logs');
    if (!fs.existsSync(folder)) return [];
    const files = fs.readdirSync(folder).filter(name => name.endsWith('.jsonl'));
    return files.map(name => `${name}\n${fs.readFileSync(path.join(folder, name), 'utf8')}`);
  }
}

function newRoot(): string {
  return fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'rig-')));
}
