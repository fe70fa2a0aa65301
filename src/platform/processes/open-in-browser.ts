import {spawn} from 'node:child_process';

/** Programs with which a desktop shows something; on Linux the first is that of a Windows which it runs in. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  linux: ['wslview', 'xdg-open'],
};

/**
 * Have the desktop show a file or an address.
 * @param onFailure Called when there is nothing that shows it.
 */
export function openInBrowser(target: string, onFailure: () => void): void {
  openWith(OPENERS[process.platform] ?? ['xdg-open'], target, onFailure);
}

function openWith([opener, ...others]: readonly string[], target: string, onFailure: () => void): void {
  if (opener === undefined) {
    onFailure();
    return;
  }
  const child = spawn(opener, [target], {stdio: 'ignore', detached: true});
  child.once('error', () => openWith(others, target, onFailure));
  child.once('exit', code => {
    if (code !== 0) openWith(others, target, onFailure);
  });
  child.unref();
}
