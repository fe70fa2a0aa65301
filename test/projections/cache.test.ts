import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {expect, test} from 'vitest';
import {LOG_START} from '../../src/events/log-position.ts';
import {readCachedSnapshot, writeCachedSnapshot} from '../../src/projections/cache.ts';
import {initialState} from '../../src/state/initial-state.ts';
import {takeSnapshot} from '../../src/state/snapshot.ts';

test('a cache that was read and brought forward is one of the log as it is now', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cache-'));
  const [file, log] = [path.join(folder, 'm.json'), path.join(folder, 'm.jsonl')];
  const snapshot = takeSnapshot(initialState({id: 'm', title: 'M', requires: [], settings: {}, tasks: []}, {}));
  writeCachedSnapshot(file, log, {snapshot, position: LOG_START, stamp: null});
  const cached = readCachedSnapshot(file, log);
  fs.writeFileSync(log, '{"seq":1}\n');
  const position = {offset: fs.statSync(log).size, seq: 1};
  writeCachedSnapshot(file, log, {...cached, snapshot, stamp: null, position});
  expect(readCachedSnapshot(file, log)).toMatchObject({position});
  fs.rmSync(folder, {recursive: true});
});
