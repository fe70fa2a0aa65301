import {spawn} from 'node:child_process';

/** What a helper process of ours printed. */
export interface ChildOutput {
  /** Null also while it has not ended yet. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  /** Its last few kilobytes. */
  stderr: string;
}

const STDERR_KEPT = 4096;
const NEWLINE = 0x0a;

/**
 * Run a program of our own, which reads all of its standard input and answers with one line. Resolves as soon as that
 * is there, for a process takes a while to end; or at its end. Rejects with the error of the spawn, when there is no
 * such program.
 */
export function askChild(command: string, args: readonly string[], input: string): Promise<ChildOutput> {
  // In a process group of its own: Ctrl-C is for us to act on, and it still ends with us, as its input does.
  const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'pipe'], detached: true});
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-STDERR_KEPT);
  });
  child.stdin.on('error', () => {}); // who ends without reading says so by its exit code
  child.stdin.end(input);
  return new Promise<ChildOutput>((resolve, reject) => {
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
}
