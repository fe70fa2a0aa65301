import {spawn} from 'node:child_process';

/** What a helper process of ours printed. */
export interface ChildOutput {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  /** Its last few kilobytes. */
  stderr: string;
}

const STDERR_KEPT = 4096;

/**
 * Run a program of our own to its end and collect what it prints; standard input is empty.
 * @throws The error of the spawn, when there is no such program.
 */
export function runChild(command: string, args: readonly string[]): Promise<ChildOutput> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe']});
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = (stderr + chunk).slice(-STDERR_KEPT);
    });
    child.on('error', reject);
    child.on('close', (exitCode, signal) =>
      resolve({exitCode, signal, stdout: Buffer.concat(stdout).toString('utf8'), stderr}),
    );
  });
}
