// Keeps the machine from going to sleep while there is work, through the tool that the system has for it.
//
// The tool lasts as long as the program that it runs, here a `cat` that reads a pipe of ours. The system closes that
// pipe when this process ends, in whatever way, so nothing stays behind, not even after SIGKILL.

import {spawn} from 'node:child_process';
import type {Socket} from 'node:net';
import type {Clock} from '../clock.ts';

/** A running tool; it is there until `end`, or until it ends by itself. */
export interface AwakeTool {
  ended: Promise<void>;
  end(): void;
}

export interface KeepAwakeOptions {
  clock: Clock;
  env: Readonly<Record<string, string | undefined>>;
  /** As node names it. */
  platform?: NodeJS.Platform;
  start?: (file: string, args: readonly string[]) => AwakeTool;
}

/** What changes back within this time is not worth a process. No machine goes to sleep so soon. */
const SETTLING_MS = 5_000;
const UNTIL_END_OF_INPUT = 'cat';

const TOOLS: Partial<Record<NodeJS.Platform, readonly [file: string, ...args: string[]]>> = {
  linux: [
    'systemd-inhibit',
    '--what=idle:sleep',
    '--who=milestone',
    '--why=tasks are being carried out',
    '--mode=block',
    UNTIL_END_OF_INPUT,
  ],
  darwin: ['caffeinate', '-i', '-s', UNTIL_END_OF_INPUT],
};

export class KeepAwake {
  private readonly over = new AbortController();
  private readonly command: readonly [string, ...string[]] | undefined;
  private readonly start: NonNullable<KeepAwakeOptions['start']>;
  private isWanted = false;
  private isSettling = false;
  private tool: AwakeTool | undefined;

  constructor(private readonly options: KeepAwakeOptions) {
    const {env, platform = process.platform, start = startTool} = options;
    this.command = isCi(env) ? undefined : TOOLS[platform];
    this.start = start;
  }

  /** Say whether there is work now; cheap, and may be called as often as one likes. */
  update(isBusy: boolean): void {
    this.isWanted = isBusy;
    if (this.command && !this.isSettling && isBusy !== this.isInhibited) void this.follow();
  }

  /** Let the machine sleep, for good. */
  stop(): void {
    this.over.abort();
    this.release();
  }

  private get isInhibited(): boolean {
    return this.tool !== undefined;
  }

  private async follow(): Promise<void> {
    this.isSettling = true;
    const {clock} = this.options;
    await clock.sleep(SETTLING_MS, this.over.signal).catch(() => undefined);
    this.isSettling = false;
    if (this.over.signal.aborted || this.isWanted === this.isInhibited) return;
    if (this.isWanted) this.inhibit();
    else this.release();
  }

  /** A tool that ends by itself (there is none, or it may not) is not tried again. */
  private inhibit(): void {
    const [file, ...args] = this.command as readonly [string, ...string[]];
    const tool = this.start(file, args);
    this.tool = tool;
    void tool.ended.then(() => {
      if (this.tool === tool) this.over.abort();
    });
  }

  private release(): void {
    const {tool} = this;
    this.tool = undefined;
    tool?.end();
  }
}

function isCi({CI: value = ''}: KeepAwakeOptions['env']): boolean {
  return !['', '0', 'false'].includes(value);
}

/** In a session of its own: it is not to hear a Ctrl-C, nor to ask for a password on our terminal. */
function startTool(file: string, args: readonly string[]): AwakeTool {
  try {
    const child = spawn(file, args, {detached: true, stdio: ['pipe', 'ignore', 'ignore']});
    const ended = new Promise<void>(resolve => child.once('error', () => resolve()).once('exit', () => resolve()));
    const input = child.stdin as Socket | undefined; // absent when no more files can be opened
    input?.on('error', () => {});
    input?.unref();
    child.unref();
    return {ended, end: () => input?.destroy()};
  } catch {
    return {ended: Promise.resolve(), end: () => {}};
  }
}
