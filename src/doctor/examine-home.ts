import fs from 'node:fs';
import path from 'node:path';
import {type Repository, tryGit} from '../git/git.ts';
import type {HomePaths} from '../plan/file/home.ts';
import {freeBytes} from '../platform/disk-space.ts';
import type {Finding} from './finding.ts';

const OLDEST_NODE = [20, 15] as const;
const MEBIBYTE = 1024 * 1024;
const LOW_DISK_BYTES = 1024 * MEBIBYTE;

/** The program that runs this one. */
export function examineMachine(): Finding[] {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return [];
  const message = `node ${OLDEST_NODE.join('.')} or later is needed, this is ${version}`;
  return [{severity: 'error', code: 'NODE_TOO_OLD', message, hint: 'update node'}];
}

/** The home as a whole: what git sees of it, and the space that is left. */
export async function examineHome(paths: HomePaths, repo: Repository | undefined): Promise<Finding[]> {
  return [
    ...examineWritable(paths),
    ...examineCacheFolder(paths),
    ...(await examineIgnored(paths, repo)),
    ...examineSpace(paths.home),
  ];
}

/** Nothing can be put on record where nothing can be written. */
function examineWritable({home, logsFolder, sessionsFolder}: HomePaths): Finding[] {
  const folders = [home, logsFolder, sessionsFolder].filter(folder => fs.existsSync(folder));
  return folders.flatMap(folder => {
    const reason = whyNotWritable(folder);
    if (reason === undefined) return [];
    const hint = 'make it writable for the user who runs `milestone`';
    return [{severity: 'error', code: 'HOME_NOT_WRITABLE', message: `\`${folder}\` ${reason}`, hint}];
  });
}

/** Everything works without a cache, but slower. */
function examineCacheFolder({cacheFolder}: HomePaths): Finding[] {
  const stat = fs.statSync(cacheFolder, {throwIfNoEntry: false});
  if (!stat) return [];
  const reason = stat.isDirectory() ? whyNotWritable(cacheFolder) : 'is no folder';
  if (reason === undefined) return [];
  const message = `\`${cacheFolder}\` ${reason}, so nothing is cached`;
  return [{severity: 'warning', code: 'CACHE_NOT_WRITABLE', message, hint: 'delete it; it is made anew'}];
}

function whyNotWritable(folder: string): string | undefined {
  try {
    fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK);
    return undefined;
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    return code === 'EROFS' ? 'is on a read-only file system' : `cannot be written (${code})`;
  }
}

/** Logs hold whatever tasks print: they do not belong in a repository. */
async function examineIgnored(paths: HomePaths, repo: Repository | undefined): Promise<Finding[]> {
  if (!repo) return [];
  const {logsFolder, sessionsFolder, cacheFolder} = paths;
  const files = [logsFolder, sessionsFolder, paths.inbox(''), cacheFolder].map(folder => path.join(folder, 'x'));
  const {stdout} = await tryGit(repo, ['check-ignore', '-z', '--stdin'], {
    input: files.map(file => `${file}\0`).join(''),
  });
  const ignored = new Set(stdout.split('\0'));
  const seen = files.filter(file => !ignored.has(file)).map(file => `\`${path.basename(path.dirname(file))}/\``);
  if (seen.length === 0) return [];
  const hasNone = !fs.existsSync(paths.gitignore);
  return [
    {
      severity: 'warning',
      code: 'HOME_NOT_IGNORED',
      message: `git does not ignore ${seen.join(', ')} in \`${paths.home}\``,
      hint: hasNone ? 'milestone doctor --repair' : `add ${seen.join(', ')} to \`${paths.gitignore}\``,
      ...(hasNone && {repairable: true}),
    },
  ];
}

/** Too little space to go on for long. */
export function examineSpace(folder: string): Finding[] {
  const free = freeBytes(folder);
  if (free >= LOW_DISK_BYTES) return [];
  const message = `only ${Math.floor(free / MEBIBYTE)} MiB are free where \`${folder}\` lies`;
  return [{severity: 'warning', code: 'DISK_LOW', message, hint: 'free some space'}];
}
