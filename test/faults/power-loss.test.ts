import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {expect, test} from 'vitest';
import {lookBefore, losePower} from './power-loss.ts';
import {compilePreload} from './preload.ts';

const compiled = compilePreload();

const CHANGE = `
const fs = require('node:fs');
fs.mkdirSync('folder');
fs.symlinkSync('old', 'link');
fs.writeFileSync('file', 'never synced');
const here = fs.openSync('.', 'r');
fs.fsyncSync(here);
fs.rmdirSync('folder');
for (const name of ['link', 'file', 'old']) fs.rmSync(name);
`;

test.skipIf('missing' in compiled)('what is removed after its folder was synced comes back as what it was', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'power-'));
  const [folder, synced, state] = ['here', 'synced', 'state'].map(name => path.join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const name of [folder, synced]) fs.mkdirSync(name);
  fs.writeFileSync(path.join(folder, 'old'), 'old');
  fs.writeFileSync(state, Buffer.alloc(1 << 17));
  const before = lookBefore([folder]);
  const LD_PRELOAD = 'preload' in compiled ? compiled.preload : '';
  const env = {...process.env, LD_PRELOAD, FAULT_STATE: state, FAULT_ROOTS: folder, FAULT_SYNCED: synced};
  expect(spawnSync(process.execPath, ['-e', CHANGE], {cwd: folder, env, encoding: 'utf8'}).stderr).toBe('');
  expect(fs.readdirSync(folder)).toEqual([]);
  losePower([folder], {before, synced, names: 'lost'});
  expect(fs.readdirSync(folder)).toEqual(['file', 'folder', 'link', 'old']);
  expect(fs.readdirSync(path.join(folder, 'folder'))).toEqual([]);
  expect(fs.readlinkSync(path.join(folder, 'link'))).toBe('old');
  expect(fs.readFileSync(path.join(folder, 'old'), 'utf8')).toBe('old');
  expect(fs.readFileSync(path.join(folder, 'file'), 'utf8')).toBe('');
  fs.rmSync(root, {recursive: true});
});
