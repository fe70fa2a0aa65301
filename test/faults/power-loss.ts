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
    rebuild({name: survivors, key: keyOf(folder)}, {before, synced, names, live});
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

interface Entry {
  name: string;
  key: string;
  /** What is known of it from when its folder was synced: it may have been removed since. */
  isFolder?: boolean;
  link?: string | undefined;
}

function rebuild({name: target, key, ...then}: Entry, remains: Remains): void {
  const {before, synced, live} = remains;
  const now = live.get(key);
  const link =
    before.links.get(key) ??
    (now !== undefined && fs.lstatSync(now).isSymbolicLink() ? fs.readlinkSync(now) : then.link);
  if (link !== undefined) {
    fs.symlinkSync(link, target);
    return;
  }
  const isFolder = now === undefined ? then.isFolder : fs.lstatSync(now).isDirectory();
  if (before.folders.has(key) || isFolder) {
    fs.mkdirSync(target);
    for (const entry of entriesOf(key, remains)) rebuild({...entry, name: path.join(target, entry.name)}, remains);
    return;
  }
  const copy = path.join(synced, key);
  const content = fs.existsSync(copy) ? fs.readFileSync(copy) : (before.files.get(key) ?? '');
  fs.writeFileSync(target, content, {mode: now === undefined ? 0o644 : fs.statSync(now).mode});
  // An index that was synced knows a file by its time.
  if (now !== undefined) fs.utimesSync(target, fs.statSync(now).atime, fs.statSync(now).mtime);
}

function entriesOf(key: string, {before, synced, names, live}: Remains): Entry[] {
  const now = live.get(key);
  if (names === 'kept' && now !== undefined)
    return fs.readdirSync(now).map(name => ({name, key: keyOf(path.join(now, name))}));
  const copy = path.join(synced, key);
  if (!fs.existsSync(copy)) return [...(before.folders.get(key) ?? [])].map(([name, key]) => ({name, key}));
  return fs.readFileSync(copy, 'utf8').split('\0').filter(Boolean).map(parseEntry);
}

/** As preload.c writes it: `<key> <name>`, `<key> <name>/` for a folder, `<key> <name>//<target>` for a link. */
function parseEntry(text: string): Entry {
  const [, key, name, slash, link] = /^(\S+) ([^/]+)(\/(?:\/(.*))?)?$/s.exec(text)!;
  return {key: key!, name: name!, isFolder: slash === '/', link};
}
