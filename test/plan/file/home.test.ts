import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {ensureHomeFiles, findHome, HOME_MARKER, homePaths, listMilestones} from '../../../src/plan/file/home.ts';
import {suggestId} from '../../../src/plan/suggest.ts';

let top: string;
beforeEach(() => {
  top = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'home-')));
});
afterEach(() => fs.rmSync(top, {recursive: true}));

function folder(...parts: string[]): string {
  const made = path.join(top, ...parts);
  fs.mkdirSync(made, {recursive: true});
  return made;
}

function write(text: string, ...parts: string[]): void {
  folder(...parts.slice(0, -1));
  fs.writeFileSync(path.join(top, ...parts), text);
}

/** A linked worktree whose private git folder names the home that owns it. */
function slot(name: string, home?: string): string {
  const gitFolder = folder('repository', '.git', 'worktrees', name);
  write(`gitdir: ${gitFolder}\n`, 'slots', name, '.git');
  if (home !== undefined) fs.writeFileSync(path.join(gitFolder, HOME_MARKER), `${home}\n`);
  return path.join(top, 'slots', name);
}

test('the home is the nearest one upwards', () => {
  const home = folder('repository', '.milestones');
  folder('repository', '.git');
  expect(findHome(folder('repository', 'src', 'deep'))).toBe(home);
  const inner = folder('repository', 'package', '.milestones');
  expect(findHome(folder('repository', 'package', 'src'))).toBe(inner);
  expect(findHome(folder('elsewhere'))).toBeUndefined();
});

test('inside a slot it is the home that owns the slot, not the copy that is checked out there', () => {
  const home = folder('repository', '.milestones');
  const own = slot('1', home);
  folder('slots', '1', '.milestones');
  expect(findHome(own)).toBe(home);
  expect(findHome(folder('slots', '1', 'src'))).toBe(home);
  expect(findHome(slot('2', home))).toBe(home);
});

test('a repository inside a slot has its own home, and a worktree that is no slot its own copy', () => {
  const home = folder('repository', '.milestones');
  slot('1', home);
  const inner = folder('slots', '1', 'fixture', '.milestones');
  folder('slots', '1', 'fixture', '.git');
  expect(findHome(folder('slots', '1', 'fixture', 'src'))).toBe(inner);
  const plain = slot('plain');
  const copy = folder('slots', 'plain', '.milestones');
  expect(findHome(plain)).toBe(copy);
});

test('milestones are listed by their files, active ones first', () => {
  const home = folder('.milestones');
  for (const name of ['b.yaml', 'a.yaml', 'current.txt', '.c.yaml.1-1.tmp', 'd.yaml.bak'])
    write('', '.milestones', 'active', name);
  write('', '.milestones', 'completed', 'old.yaml');
  expect(listMilestones(home).map(({id, folder}) => `${folder}/${id}`)).toEqual([
    'active/a',
    'active/b',
    'completed/old',
  ]);
  expect(listMilestones(path.join(top, 'nowhere'))).toEqual([]);
});

test('an existing .gitignore is the user’s', () => {
  const home = folder('.milestones');
  ensureHomeFiles(home);
  expect(fs.readFileSync(homePaths(home).gitignore, 'utf8')).toContain('active/current.txt\nlogs/\n');
  fs.writeFileSync(homePaths(home).gitignore, 'mine\n');
  ensureHomeFiles(home);
  expect(fs.readFileSync(homePaths(home).gitignore, 'utf8')).toBe('mine\n');
});

test.each([
  ['auth-ap', 'auth-api'],
  ['AUTH-API', 'auth-api'],
  ['atuh-api', 'auth-api'],
  ['relaese', 'release'],
  ['something', undefined],
  ['', undefined],
])('%s most likely means %s', (wrong, meant) => {
  expect(suggestId(wrong, ['release', 'auth-api', 'x'])).toBe(meant);
});
