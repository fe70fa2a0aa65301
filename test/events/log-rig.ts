import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {NewEvent} from '../../src/events/event.ts';
import {EventLog, type EventLogOptions} from '../../src/events/log.ts';
import type {Clock} from '../../src/platform/clock.ts';

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'milestone-log-'));
  onTestFinished(() => fs.rmSync(folder, {recursive: true, force: true}));
  return folder;
}

/** A clock that stands still until the test moves it; whoever sleeps wakes with the next call of `wake`. */
export class HandClock implements Clock {
  private sleepers: Array<() => void> = [];
  private onSleep: (() => void) | undefined;

  constructor(public time = Date.parse('2026-11-23T10:00:00.000Z')) {}

  now = () => this.time;
  elapsed = () => this.time;

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), {once: true});
      this.sleepers.push(() => {
        this.time += ms;
        resolve();
      });
      this.onSleep?.();
    });
  }

  alarm(ms: number, ring: () => void): () => void {
    const sleeper = () => {
      this.time += ms;
      ring();
    };
    this.sleepers.push(sleeper);
    return () => {
      this.sleepers = this.sleepers.filter(other => other !== sleeper);
    };
  }

  /** Resolves when somebody sleeps. */
  async slept(): Promise<void> {
    if (this.sleepers.length > 0) return;
    await new Promise<void>(resolve => {
      this.onSleep = resolve;
    });
  }

  async wake(): Promise<void> {
    await this.slept();
    for (const sleeper of this.sleepers.splice(0)) sleeper();
  }
}

export function openLog(file: string, options: Partial<EventLogOptions> = {}): EventLog {
  return EventLog.open(file, {milestoneId: 'auth-api', sessionId: 'session-1', clock: new HandClock(), ...options});
}

export function skipped(task_id: string, reason?: string): NewEvent {
  return {event: 'task_skipped', details: reason === undefined ? {task_id} : {task_id, reason}};
}

/** A log of `count` synced events in `folder`. */
export async function writeLog(folder: string, count: number, reason?: string): Promise<string> {
  const file = path.join(folder, 'execution-auth-api.jsonl');
  const log = openLog(file);
  for (let number = 1; number <= count; number++) log.append(skipped(`task-${number}`, reason));
  await log.durable();
  await log.close();
  return file;
}
