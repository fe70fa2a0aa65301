// Real processes in a temporary folder; whatever a test leaves behind is ended and removed with the rig.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {openAttemptLog} from '../../../src/platform/attempt-log.ts';
import {findByToken} from '../../../src/platform/processes/process-search.ts';
import {listProcesses} from '../../../src/platform/processes/process-table.ts';
import {type StartedGroup, startGroup} from '../../../src/platform/processes/start-group.ts';
import {newToken, TOKEN_VARIABLE} from '../../../src/platform/processes/tokens.ts';
import {withDeadline} from '../../rig/deadline.ts';

export class ProcessRig {
  readonly folder: string = fs.mkdtempSync(path.join(os.tmpdir(), 'processes-'));
  readonly token: string = newToken();
  readonly logFile: string = path.join(this.folder, 'logs', 'task.1.log');
  readonly env: Record<string, string> = {
    PATH: process.env.PATH!,
    NODE: process.execPath,
    [TOKEN_VARIABLE]: this.token,
  };

  /** Start a shell command whose output goes to the rig's log. */
  async start(command: string): Promise<StartedGroup> {
    const outputFd = openAttemptLog(this.logFile);
    const group = await startGroup({file: '/bin/sh', args: ['-c', command], cwd: this.folder, env: this.env, outputFd});
    fs.closeSync(outputFd);
    if (group.kind === 'failed') throw new Error(group.message);
    return group;
  }

  /** Write a script into the folder. @returns Its name. */
  script(name: string, text: string): string {
    fs.writeFileSync(path.join(this.folder, name), text);
    return name;
  }

  /** What has been printed so far. */
  get output(): string {
    return fs.existsSync(this.logFile) ? fs.readFileSync(this.logFile, 'utf8') : '';
  }

  async untilPrinted(text: string, times = 1): Promise<void> {
    await until(
      () => this.output.split(text).length > times,
      `\`${text}\` in the output`,
      () => this.output,
    );
  }

  /** Processes that carry the token, whatever the code under test thinks of them. */
  async carriers(): Promise<number[]> {
    return (await findByToken(new Set([this.token]))).map(({pid}) => pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let left = await this.carriers(); left.length > 0; left = await this.carriers()) {
      for (const pid of left) killIfAlive(pid);
      await pause(2);
    }
    fs.rmSync(this.folder, {recursive: true, force: true});
  }
}

/** Wait for something that nothing announces. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  awaited: string,
  known: () => string = () => '',
): Promise<void> {
  let isOver = false;
  const poll = async () => {
    while (!isOver && !(await condition())) await pause(2);
  };
  try {
    await withDeadline(poll(), awaited, known);
  } finally {
    isOver = true;
  }
}

export async function isRunning(pid: number): Promise<boolean> {
  return (await listProcesses()).some(entry => entry.pid === pid);
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended meanwhile
  }
}
