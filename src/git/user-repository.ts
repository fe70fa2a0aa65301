import {uncommitted} from './checkout.ts';
import type {Repository} from './repository.ts';

/** A filter of the user's may hang; nothing waits for what is only to be said. */
export const PATIENCE_MS = 20_000;

/**
 * As `dirtyFiles`, by simple-git: to load that takes 4 % of the processor time of a start, so what begins or
 * carries out an execution asks git itself.
 * @throws what the client says when git fails, or gives no sign for `PATIENCE_MS`.
 */
export async function readDirtyFiles(repo: Repository): Promise<string[]> {
  const {simpleGit} = await import('simple-git');
  const options = {
    baseDir: repo.topLevel,
    config: ['core.fsmonitor=false'],
    unsafe: {allowUnsafeFsMonitor: true},
    timeout: {block: PATIENCE_MS},
  };
  const {files} = await simpleGit(options).env(readerEnvironment(repo)).status(uncommitted(repo));
  return files.map(file => file.path);
}

// The client refuses to run in an environment that names an editor, a pager or settings.
const PASSED =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|XDG_CONFIG_HOME|LC_ALL|GIT_(?:CONFIG_NOSYSTEM|OPTIONAL_LOCKS|TERMINAL_PROMPT))$/;

function readerEnvironment({environment}: Repository): Record<string, string> {
  const passed = Object.entries(environment).filter(([name, value]) => PASSED.test(name) && value !== undefined);
  return Object.fromEntries(passed) as Record<string, string>;
}
