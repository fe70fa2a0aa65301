import {homePath, type Repository} from './repository.ts';
import {excludePath} from './trees/tree.ts';

export interface UserCheckout {
  /** Absent when the head is detached. */
  branch?: string;
  /** Changed, staged and untracked files; nothing of the home, nothing ignored. */
  changes: string[];
}

/**
 * What the user's checkout looks like, with the same changes as `dirtyFiles`. Too slow for a start, and for a task.
 * @throws what the client says when git fails, or gives no sign for twenty seconds.
 */
export async function readUserCheckout(repo: Repository): Promise<UserCheckout> {
  const {simpleGit} = await import('simple-git');
  const options = {
    baseDir: repo.topLevel,
    config: ['core.fsmonitor=false'],
    unsafe: {allowUnsafeFsMonitor: true},
    timeout: {block: PATIENCE_MS},
  };
  const client = simpleGit(options).env(readerEnvironment(repo));
  // Of a folder without a tracked file only its name: there may be a hundred thousand files in it.
  const status = await client.status([
    ...['--untracked-files=normal', '--no-renames', '--ignore-submodules=none'],
    ...['--', '.', excludePath(homePath(repo))],
  ]);
  const changes = status.files.map(file => file.path);
  return status.detached || status.current === null ? {changes} : {branch: status.current, changes};
}

/** A filter of the user's may hang; nothing waits for what is only to be said. */
const PATIENCE_MS = 20_000;

// The client refuses to run in an environment that names an editor, a pager or settings.
const PASSED =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|XDG_CONFIG_HOME|LC_ALL|GIT_(?:CONFIG_NOSYSTEM|OPTIONAL_LOCKS|TERMINAL_PROMPT))$/;

function readerEnvironment({environment}: Repository): Record<string, string> {
  const passed = Object.entries(environment).filter(([name, value]) => PASSED.test(name) && value !== undefined);
  return Object.fromEntries(passed) as Record<string, string>;
}
