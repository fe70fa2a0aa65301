import {spawn} from 'node:child_process';

const OPENERS: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Have the desktop show a file or an address; where there is none, nothing happens. */
export function openInBrowser(target: string): void {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, target], {stdio: 'ignore', detached: true});
  child.on('error', () => {});
  child.unref();
}
