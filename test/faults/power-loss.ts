// What a loss of power leaves. The faulty program copies whatever it syncs (preload.c); all else of a file is lost.
//
//   names lost     of a folder those names are there that it had when it was last synced
//   names kept     of a folder all names are there, as file systems with a journal have it, files that were not synced empty

import fs from 'node:fs';
import path from 'node:path';

export type Names = 'lost' | 'kept';

/** What was on disk before the program began, by `keyOf`. */
export interface Before {
  /** Names in a folder, with what they name. */
  folders: Map<string, Map<string, string>>;
  files: Map<string, Buffer>;
  links: Map<string, string>;
}

/** Everything below some folders, taken as synced. */
export function lookBefore(folders: readonly string[]): Before {
  const before: Before = {folders: new Map(), files: new Map(), links: new Map()};
  for (const folder of folders) if (fs.existsSync(folder)) record(folder, before);
  return before;
}

function record(place: string, before: Before): string {
  const key = keyOf(place);
  const stats = fs.lstatSync(place);
  if (stats.isSymbolicLink()) before.links.set(key, fs.readlinkSync(place));
  else if (stats.isFile()) before.files.set(key, fs.readFileSync(place));
  else
    before.folders.set(key, new Map(fs.readdirSync(place).map(name => [name, record(path.join(place, name), before)])));
  return key;
}

/** A name for what is at a place that nothing later gets: the number of an inode is given out again. */
function keyOf(place: string): string {
  const {ino, birthtimeNs} = fs.lstatSync(place, {bigint: true});
  return `${ino}.${birthtimeNs / 1_000_000_000n}${String(birthtimeNs % 1_000_000_000n).padStart(9, '0')}`;
}

/** Make folders what they would be after a loss of power. */
export function losePower(
  folders: readonly string[],
  {before, synced, names}: {before: Before; synced: string; names: Names},
): void {
  for (const folder of folders) {
    if (!fs.existsSync(folder)) continue;
    const live = new Map<string, string>();
    index(folder, live);
    const survivors = `${folder}.survivors`;
    rebuild(keyOf(folder), survivors, {before, synced, names, live});
    fs.rmSync(folder, {recursive: true});
    fs.renameSync(survivors, folder);
  }
}

function index(place: string, live: Map<string, string>): void {
  live.set(keyOf(place), place);
  if (fs.lstatSync(place).isDirectory()) for (const name of fs.readdirSync(place)) index(path.join(place, name), live);
}

interface Remains {
  before: Before;
  synced: string;
  names: Names;
  /** Where things are now. */
  live: Map<string, string>;
}

function rebuild(key: string, target: string, remains: Remains): void {
  const {before, synced, live} = remains;
  const now = live.get(key);
  const link =
    before.links.get(key) ??
    (now !== undefined && fs.lstatSync(now).isSymbolicLink() ? fs.readlinkSync(now) : undefined);
  if (link !== undefined) {
    fs.symlinkSync(link, target);
    return;
  }
  const isFolder = before.folders.has(key) || (now !== undefined && fs.lstatSync(now).isDirectory());
  if (isFolder) {
    fs.mkdirSync(target);
    for (const [name, child] of namesIn(key, remains)) rebuild(child, path.join(target, name), remains);
    return;
  }
  const copy = path.join(synced, key);
  const content = fs.existsSync(copy) ? fs.readFileSync(copy) : (before.files.get(key) ?? '');
  fs.writeFileSync(target, content, {mode: now === undefined ? 0o644 : fs.statSync(now).mode});
  // An index that was synced knows a file by its time.
  if (now !== undefined) fs.utimesSync(target, fs.statSync(now).atime, fs.statSync(now).mtime);
}

function namesIn(key: string, {before, synced, names, live}: Remains): Iterable<[string, string]> {
  const now = live.get(key);
  if (names === 'kept' && now !== undefined)
    return fs.readdirSync(now).map(name => [name, keyOf(path.join(now, name))]);
  const copy = path.join(synced, key);
  if (!fs.existsSync(copy)) return before.folders.get(key) ?? [];
  const entries = fs.readFileSync(copy, 'utf8').split('\0').filter(Boolean);
  return entries.map(entry => [entry.slice(entry.indexOf(' ') + 1), entry.slice(0, entry.indexOf(' '))]);
}
