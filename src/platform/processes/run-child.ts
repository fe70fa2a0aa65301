import {spawn} from 'node:child_process';
import type {Socket} from 'node:net';

/** What a helper process of ours printed. */
export interface ChildOutput {
  /** Null also while it has not ended yet. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  /** Its last few kilobytes. */
  stderr: string;
}

/** A helper process that waits for its input. Until it has some, it keeps nobody from ending. */
export interface WaitingChild {
  /**
   * Give it its input. Resolves with its answer, which is one line: as soon as that is there, for a process takes a while
   * to end; or at its end. Rejects with the error of the spawn, when there is no such program.
   */
  ask(input: string): Promise<ChildOutput>;
  readonly ended: Promise<void>;
  /** It is not needed any more. */
  kill(): void;
}

const STDERR_KEPT = 4096;
const NEWLINE = 0x0a;

/** Start a program of our own, which reads all of its standard input before it answers with one line. */
export function startChild(command: string, args: readonly string[]): WaitingChild {
  // In a process group of its own: Ctrl-C is for us to act on, and it still ends with us, as its input does.
  const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'pipe'], detached: true});
  const handles = [child, child.stdin as Socket, child.stdout as Socket, child.stderr as Socket];
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-STDERR_KEPT);
  });
  child.stdin.on('error', () => {}); // who ends without reading says so by its exit code
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()).once('error', () => resolve()));
  const answer = new Promise<ChildOutput>((resolve, reject) => {
    const finish = () => {
      const {exitCode, signalCode: signal} = child;
      resolve({exitCode, signal, stdout: Buffer.concat(stdout).toString('utf8'), stderr});
    };
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      if (chunk.at(-1) === NEWLINE) finish();
    });
    child.once('error', reject).once('close', finish);
  });
  answer.catch(() => {}); // told to whoever asks it
  for (const handle of handles) handle.unref();
  return {
    ask(input) {
      for (const handle of handles) handle.ref();
      child.stdin.end(input);
      return answer;
    },
    ended,
    kill() {
      for (const handle of handles) handle.ref();
      child.kill('SIGKILL');
    },
  };
}
