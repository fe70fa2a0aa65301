import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {makeFolder, replaceFile, temporaryName} from '../../src/platform/files.ts';
import {removeForgottenTemporaries} from '../../src/platform/temporaries.ts';

const LONG_AGO_S = 1_000_000_000;

let folder: string;
let file: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'files-'));
  file = path.join(folder, 'a.json');
});

afterEach(() => fs.rmSync(folder, {recursive: true}));

test('a temporary that another writer left, also one of the same pid, neither stops a write nor is touched by it', () => {
  const left = Array.from({length: 100}, (_, number) => `.a.json.${process.pid}-${number}.tmp`);
  for (const name of left) fs.writeFileSync(path.join(folder, name), 'half');
  replaceFile(file, 'new');
  expect(fs.readFileSync(file, 'utf8')).toBe('new');
  expect(fs.readdirSync(folder).sort()).toEqual([...left, 'a.json'].sort());
});

test('no two temporaries have the same name', () => {
  expect(new Set(Array.from({length: 1_000}, () => temporaryName(file))).size).toBe(1_000);
});

test('a write that fails takes its own temporary away, and leaves the file as it was', () => {
  fs.mkdirSync(file);
  expect(() => replaceFile(file, 'new')).toThrow(/^cannot write `.*a\.json`: /);
  expect(fs.readdirSync(folder)).toEqual(['a.json']);
});

test('old temporaries of dead writers go, of our own pid too; young ones and those of others that live stay', () => {
  const names = {
    dead: '.a.json.999999999-1.tmp',
    own: path.basename(temporaryName(file)),
    young: path.basename(temporaryName(file)),
    living: `.a.json.${process.ppid}-0f.tmp`,
    other: 'notes.tmp',
  };
  for (const name of Object.values(names)) {
    fs.writeFileSync(path.join(folder, name), '');
    if (name !== names.young) fs.utimesSync(path.join(folder, name), LONG_AGO_S, LONG_AGO_S);
  }
  removeForgottenTemporaries(folder, Date.now());
  expect(fs.readdirSync(folder).sort()).toEqual([names.young, names.living, names.other].sort());
});

test('what a writer of this machine left goes as soon as that is dead, and stays as long as it lives', () => {
  const own = path.basename(temporaryName(file));
  const [, pid, where, started] = /\.(\d+)-([0-9a-f]{8})-([0-9a-f]{8})-/.exec(own)!;
  const another = (mark: string) => mark.replace(/./g, digit => (digit === '0' ? '1' : '0'));
  const names = {
    dead: `.a.json.999999999-${where}-${started}-1.tmp`,
    reused: `.a.json.${pid}-${where}-${another(started!)}-1.tmp`,
    elsewhere: `.a.json.999999999-${another(where!)}-${started}-1.tmp`,
    own,
  };
  for (const name of Object.values(names)) fs.writeFileSync(path.join(folder, name), '');
  removeForgottenTemporaries(folder, Date.now());
  expect(fs.readdirSync(folder).sort()).toEqual([names.elsewhere, names.own].sort());
});

test('of a folder that is made, the topmost that was missing is told; of one that is there, nothing', () => {
  expect(makeFolder(path.join(folder, 'a', 'b', 'c'))).toBe(path.join(folder, 'a'));
  expect(makeFolder(path.join(folder, 'a', 'b', 'd'))).toBe(path.join(folder, 'a', 'b', 'd'));
  expect(makeFolder(path.join(folder, 'a'))).toBe(undefined);
});

test('a folder that cannot be made is an error, whatever is in the way', () => {
  fs.writeFileSync(file, '');
  fs.symlinkSync('/nowhere/at/all', path.join(folder, 'dangling'));
  for (const inTheWay of ['a.json', 'dangling']) {
    expect(() => makeFolder(path.join(folder, inTheWay))).toThrow(/EEXIST/);
    expect(() => makeFolder(path.join(folder, inTheWay, 'deep', 'down'))).toThrow(/ENOTDIR|EEXIST/);
  }
});

// A file system on which node's own recursive call never returns.
test.runIf(fs.existsSync('/proc/self'))(
  'a folder that cannot be made although the one above it is there is an error',
  () => {
    expect(() => makeFolder('/proc/nope/deep/down')).toThrow(/ENOENT/);
  },
);
