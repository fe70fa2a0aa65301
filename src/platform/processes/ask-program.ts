import {spawn} from 'node:child_process';
import {type Clock, systemClock} from '../clock.ts';

/** How a short question to a program ended: what it printed, or why it gave no answer. */
export type Answer = {kind: 'answered'; stdout: string} | {kind: 'failed'; message: string};

export interface Question {
  file: string;
  args: readonly string[];
  /** The whole environment; nothing is inherited. */
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
  clock?: Pick<Clock, 'alarm'>;
}

/** More of an answer is not read. */
const LARGEST_ANSWER = 64 * 1024;

/** Run a program that answers at once, such as `--version`; it and all of its group are ended after `timeoutMs`. */
export function askProgram({file, args, env, timeoutMs, clock = systemClock}: Question): Promise<Answer> {
  return new Promise(resolve => {
    const child = spawn(file, args, {cwd: '/', env, detached: true, stdio: ['ignore', 'pipe', 'ignore']});
    let stdout = '';
    let isLate = false;
    const endAlarm = clock.alarm(timeoutMs, () => {
      isLate = true;
      endGroup(child.pid);
      child.stdout.destroy(); // somebody outside the group may hold it
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(0, LARGEST_ANSWER);
    });
    const finish = (answer: Answer) => {
      endAlarm();
      resolve(answer);
    };
    child.once('error', error => finish({kind: 'failed', message: error.message}));
    child.once('close', (code, signal) => {
      if (isLate) finish({kind: 'failed', message: `gave no answer within ${timeoutMs / 1000} s`});
      else if (code === 0) finish({kind: 'answered', stdout});
      else finish({kind: 'failed', message: signal ? `was ended by ${signal}` : `failed with exit code ${code}`});
    });
  });
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // it has just ended
  }
}
