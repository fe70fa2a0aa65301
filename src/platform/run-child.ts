import {spawn} from 'node:child_process';
import type {Socket} from 'node:net';

/** What a helper process of ours printed. */
export interface ChildOutput {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  /** Its last few kilobytes. */
  stderr: string;
}

/** A helper process that waits for its input. Until it has some, it keeps nobody from ending. */
export interface WaitingChild {
  /** Give it its input, and wait for its end. Rejects with the error of the spawn, when there is no such program. */
  finish(input: string): Promise<ChildOutput>;
  /** It is not needed after all. Resolves when it has ended. */
  end(): Promise<void>;
}

const STDERR_KEPT = 4096;

/** Start a program of our own, which reads all of its standard input before it answers. */
export function startChild(command: string, args: readonly string[]): WaitingChild {
  const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'pipe']});
  const handles = [child, child.stdin as Socket, child.stdout as Socket, child.stderr as Socket];
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-STDERR_KEPT);
  });
  child.stdin.on('error', () => {}); // who ends without reading says so by its exit code
  const output = new Promise<ChildOutput>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) =>
      resolve({exitCode, signal, stdout: Buffer.concat(stdout).toString('utf8'), stderr}),
    );
  });
  output.catch(() => {}); // told to whoever finishes it
  for (const handle of handles) handle.unref();
  return {
    finish(input) {
      for (const handle of handles) handle.ref();
      child.stdin.end(input);
      return output;
    },
    async end() {
      for (const handle of handles) handle.ref();
      child.kill('SIGKILL');
      await output.catch(() => {});
    },
  };
}
