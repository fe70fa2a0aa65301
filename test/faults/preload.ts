// The library that brings faults about: compiled where there is a compiler, and where a program can be made to load it.

import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const SOURCE = fileURLToPath(new URL('preload.c', import.meta.url));

/** The compiled library, or why there is none. */
export function compilePreload(): {preload: string} | {missing: string} {
  if (process.platform !== 'linux')
    return {missing: `faults below node are brought about on Linux alone, not on ${process.platform}`};
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faults-'));
  process.once('exit', () => fs.rmSync(folder, {recursive: true, force: true}));
  const preload = path.join(folder, 'preload.so');
  const {status, error, stderr} = spawnSync('gcc', ['-shared', '-fPIC', '-O1', '-o', preload, SOURCE, '-ldl'], {
    encoding: 'utf8',
  });
  if (status !== 0) return {missing: `gcc does not compile the faults: ${error?.message ?? stderr}`};
  const loaded = spawnSync(process.execPath, ['-e', ''], {
    env: {...process.env, LD_PRELOAD: preload},
    encoding: 'utf8',
  });
  if (loaded.status !== 0 || loaded.stderr !== '') return {missing: `node does not load the faults: ${loaded.stderr}`};
  return {preload};
}
