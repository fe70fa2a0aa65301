import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, expect, test, vi} from 'vitest';
import {examineHome} from '../../src/doctor/examine-home.ts';
import {homePaths} from '../../src/plan/file/home.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'doctor-home-'));

afterEach(() => {
  fs.rmSync(folder, {recursive: true, force: true});
});

test('a home that cannot be written is an error, whatever keeps it from being written', async () => {
  const refused = (code: string) => () => {
    throw Object.assign(new Error(code), {code});
  };
  const isWritable = vi.spyOn(fs, 'accessSync');
  expect(await examineHome(homePaths(folder), undefined)).toEqual([]);
  isWritable.mockImplementation(refused('EROFS'));
  expect(await examineHome(homePaths(folder), undefined)).toMatchObject([
    {severity: 'error', code: 'HOME_NOT_WRITABLE', message: `\`${folder}\` is on a read-only file system`},
  ]);
  isWritable.mockImplementation(refused('EACCES'));
  expect(await examineHome(homePaths(folder), undefined)).toMatchObject([
    {severity: 'error', message: `\`${folder}\` cannot be written (EACCES)`},
  ]);
});
