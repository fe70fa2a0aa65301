import {spawn} from 'node:child_process';
import {MilestoneError} from '../../errors.ts';

/**
 * Have git show something to whoever sits at the terminal: with his pager, colours and language.
 * @returns Its exit code; 0 when he left the pager before the end.
 * @throws {MilestoneError} `GIT_FAILED` when it cannot be started.
 */
export function showGit(args: readonly string[], {cwd, env}: {cwd: string; env: NodeJS.ProcessEnv}): Promise<number> {
  // Ctrl-C is the pager's: who dies of it leaves a pager behind that fights for the terminal.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  return new Promise<number>((resolve, reject) => {
    const child = spawn('git', args, {cwd, env, stdio: 'inherit'});
    child.on('error', error => reject(new MilestoneError('GIT_FAILED', `git cannot be started: ${error.message}`)));
    child.on('close', (code, signal) => resolve(signal === null ? (code ?? 1) : signal === 'SIGPIPE' ? 0 : 1));
  }).finally(() => process.off('SIGINT', ignore));
}
