import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {WEB_STYLES} from '../../page/web-styles.ts';
import {ensureHomeFiles, type HomePaths, homePaths} from '../../plan/file/home.ts';
import {makeFolder} from '../../platform/files.ts';
import {print} from '../../platform/print.ts';
import {openInBrowser} from '../../platform/processes/open-in-browser.ts';
import {processSignals, SIGNAL_EXITS} from '../../platform/processes/signals.ts';
import {newSecret} from '../../web/guard.ts';
import {serve} from '../../web/serve.ts';
import {requireHome} from '../choose-milestone.ts';
import {pageScript} from '../page-script.ts';
import {webSource} from './web-source.ts';

export interface WebFlags {
  port: number;
  open?: boolean;
  decide?: boolean;
  json?: boolean;
}

/** `milestone web`: until a signal comes. @returns The exit code. */
export async function web({port: wanted, open, decide = false, json}: WebFlags): Promise<number> {
  const stop = new AbortController();
  const paths = homePaths(requireHome());
  const token = newSecret();
  const {port, close} = await serve(
    {
      source: webSource(paths, stop.signal),
      token,
      decide,
      assets: {css: WEB_STYLES, script: pageScript},
      signal: stop.signal,
    },
    wanted,
  );
  const stopped = new Promise<number>(resolve => processSignals.listen(name => resolve(SIGNAL_EXITS[name])));
  const address = `http://127.0.0.1:${port}/#${token}`;
  print(`${json ? JSON.stringify({ok: true, url: address}) : address}\n`);
  const way = open ? showIn(address, paths) : undefined;
  const exit = await stopped;
  stop.abort();
  close();
  if (way !== undefined) fs.rmSync(way, {recursive: true, force: true});
  return exit;
}

/**
 * Open a browser there, by a file that only this user can read: the words of a command are for all to see.
 * @returns The folder that holds it.
 */
function showIn(address: string, {home, cacheFolder}: HomePaths): string {
  const folder = makeFolderFor(home, cacheFolder);
  const file = path.join(folder, 'open.html');
  const html = `<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${address}">`;
  fs.writeFileSync(file, html, {mode: 0o600});
  openInBrowser(file, () => console.error('note: nothing here opens a browser; open the address yourself'));
  return folder;
}

/** In the home: a browser that is confined sees no temporary files of others. */
function makeFolderFor(home: string, cacheFolder: string): string {
  try {
    ensureHomeFiles(home);
    makeFolder(cacheFolder);
    return fs.mkdtempSync(path.join(cacheFolder, 'web-'));
  } catch {
    return fs.mkdtempSync(path.join(os.tmpdir(), 'milestone-web-'));
  }
}
