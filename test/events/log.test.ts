import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {expect, test, vi} from 'vitest';
import {MilestoneError} from '../../src/errors.ts';
import type {MilestoneEvent} from '../../src/events/event.ts';
import {readLog} from '../../src/events/read-log.ts';
import {HandClock, openLog, skipped, temporaryFolder, writeLog} from './log-rig.ts';

function seqs(file: string): number[] {
  return [...readLog(file)].map(entry => entry.event.seq);
}

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made up`), {code});
}

/** Everything that was due in this turn of the event loop has been done. */
function endOfTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(() => setImmediate(resolve)));
}

test('an append gives the event its number, time, milestone and session at once', async () => {
  const file = path.join(temporaryFolder(), 'log');
  const log = openLog(file);
  const event = log.append(skipped('login'));
  expect(event).toEqual({
    seq: 1,
    timestamp: '2026-11-23T10:00:00.000Z',
    event: 'task_skipped',
    milestone_id: 'auth-api',
    session_id: 'session-1',
    details: {task_id: 'login'},
  });
  expect(fs.statSync(file).size).toBe(0);
  await log.durable();
  expect([...readLog(file)]).toEqual([{event, offset: fs.statSync(file).size}]);
  await log.close();
});

test('an event that does not fit what came before never gets into the log', async () => {
  const file = path.join(temporaryFolder(), 'log');
  const log = openLog(file);
  const refuse = () => {
    throw new Error('it does not fit');
  };
  expect(() => log.append(skipped('login'), refuse)).toThrow('it does not fit');
  log.append(skipped('logout'), event => expect(event.seq).toBe(1));
  await log.durable();
  expect([...readLog(file)].map(({event}) => event.details)).toEqual([{task_id: 'logout'}]);
  await log.close();
});

test('all appends of one turn share one write and one sync', async () => {
  const log = openLog(path.join(temporaryFolder(), 'log'));
  const write = vi.spyOn(fs, 'writeSync');
  const sync = vi.spyOn(fs, 'fdatasync');
  const waits: Array<Promise<void>> = [];
  for (let number = 0; number < 100; number++) {
    log.append(skipped(`task-${number}`));
    waits.push(log.durable());
  }
  await Promise.all(waits);
  expect(write).toHaveBeenCalledTimes(1);
  expect(sync).toHaveBeenCalledTimes(1);
  log.append(skipped('later'));
  await log.durable();
  expect(sync).toHaveBeenCalledTimes(2);
  await log.close();
});

test('an event that can wait shares the sync of the next one', async () => {
  const log = openLog(path.join(temporaryFolder(), 'log'));
  const sync = vi.spyOn(fs, 'fdatasync');
  const heard: number[] = [];
  log.onDurable(events => heard.push(events.length));
  log.append(skipped('a'), undefined, {canWait: true});
  await endOfTurn();
  expect(sync).not.toHaveBeenCalled();
  log.append(skipped('b'));
  await endOfTurn();
  expect(sync).toHaveBeenCalledTimes(1);
  await log.durable();
  expect(heard).toEqual([2]);
  await log.close();
});

test('an event that can wait is synced when somebody waits for it, when time has passed, and on closing', async () => {
  const clock = new HandClock();
  const file = path.join(temporaryFolder(), 'log');
  const log = openLog(file, {clock});
  const heard: MilestoneEvent[] = [];
  log.onDurable(events => heard.push(...events));
  log.append(skipped('awaited'), undefined, {canWait: true});
  await log.durable();
  expect(heard).toHaveLength(1);
  log.append(skipped('alone'), undefined, {canWait: true});
  await clock.wake();
  expect(seqs(file)).toHaveLength(2);
  await log.durable();
  expect(heard).toHaveLength(2);
  log.append(skipped('last'), undefined, {canWait: true});
  await log.close();
  expect(heard).toHaveLength(3);
});

test('what is appended while a sync is under way shares the next one, and waits for it', async () => {
  const file = path.join(temporaryFolder(), 'log');
  const log = openLog(file);
  const sync = holdSync();
  const heard: number[][] = [];
  log.onDurable(events => heard.push(events.map(event => event.seq)));
  log.append(skipped('a'));
  const first = log.durable();
  await endOfTurn();
  const others = ['b', 'c'].map(task => {
    log.append(skipped(task));
    return log.durable();
  });
  await endOfTurn();
  expect(seqs(file)).toEqual([1]);
  expect(log.position.seq).toBe(0);
  sync.end();
  await first;
  expect(heard).toEqual([[1]]);
  expect(log.position).toEqual({offset: fs.statSync(file).size, seq: 1});
  const closed = log.close();
  await endOfTurn();
  expect(seqs(file)).toEqual([1, 2, 3]);
  sync.end();
  await Promise.all([...others, closed]);
  expect(heard).toEqual([[1], [2, 3]]);
});

test('nobody who waits goes on before the sync, and the lock is checked before the write', async () => {
  const order: string[] = [];
  const log = openLog(path.join(temporaryFolder(), 'log'), {beforeSync: () => order.push('check')});
  const {writeSync, fdatasync} = fs;
  vi.spyOn(fs, 'writeSync').mockImplementation(((...args: Parameters<typeof writeSync>) => {
    order.push('write');
    return writeSync(...args);
  }) as typeof writeSync);
  vi.spyOn(fs, 'fdatasync').mockImplementation((fd, onEnd) => {
    order.push('sync');
    fdatasync(fd, onEnd);
  });
  log.onDurable(events => order.push(`listener ${events.length}`));
  log.append(skipped('a'));
  log.append(skipped('b'));
  await log.durable().then(() => order.push('durable'));
  expect(order).toEqual(['check', 'write', 'sync', 'listener 2', 'durable']);
  await log.close();
});

test('listeners hear every event once and in order, also those that a listener appends', async () => {
  const log = openLog(path.join(temporaryFolder(), 'log'));
  const heard: number[] = [];
  const stop = log.onDurable(events => {
    heard.push(...events.map(event => event.seq));
    if (heard.length === 2) log.append(skipped('from the listener'));
  });
  log.append(skipped('a'));
  log.append(skipped('b'));
  await log.durable();
  await log.durable();
  expect(heard).toEqual([1, 2, 3]);
  stop();
  log.append(skipped('c'));
  await log.durable();
  expect(heard).toEqual([1, 2, 3]);
  await log.close();
});

test('with nothing to write, durable resolves without a sync', async () => {
  const log = openLog(path.join(temporaryFolder(), 'log'));
  const sync = vi.spyOn(fs, 'fdatasync');
  await log.durable();
  expect(sync).not.toHaveBeenCalled();
  await log.close();
});

test('a new log is private, and its name is synced in every folder that was made for it', async () => {
  const folder = temporaryFolder();
  const sync = vi.spyOn(fs, 'fsyncSync');
  const file = path.join(folder, 'home', 'logs', 'log');
  await openLog(file).close();
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(sync).toHaveBeenCalledTimes(3); // logs, home, folder
});

test('closing syncs what is queued', async () => {
  const file = path.join(temporaryFolder(), 'log');
  const log = openLog(file);
  log.append(skipped('a'));
  const durable = log.durable();
  await log.close();
  await durable;
  expect(seqs(file)).toEqual([1]);
  await log.close();
  expect(() => log.append(skipped('b'))).toThrow('the event log is closed');
});

test('numbers have no gap and times never go backwards, whatever the clock does and however often it is opened', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer({min: -1e10, max: 1e10}), {maxLength: 5}), {minLength: 1, maxLength: 5}),
      async runs => {
        const file = path.join(temporaryFolder(), 'log');
        const returned: MilestoneEvent[] = [];
        for (const steps of runs) {
          const clock = new HandClock();
          const log = openLog(file, {clock});
          for (const step of steps) {
            clock.time += step;
            returned.push(log.append(skipped('a')));
          }
          await log.durable();
          await log.close();
        }
        const read = [...readLog(file)].map(entry => entry.event);
        expect(read).toEqual(returned);
        expect(read.map(event => event.seq)).toEqual(read.map((_, index) => index + 1));
        expect(read.map(event => event.timestamp)).toEqual(read.map(event => event.timestamp).toSorted());
      },
    ),
    {numRuns: 30},
  );
});

test('a log that is cut anywhere replays to its last whole line, goes on from there and keeps the rest beside it', async () => {
  const folder = temporaryFolder();
  const file = await writeLog(folder, 3);
  const whole = fs.readFileSync(file);
  for (let length = whole.length; length >= 0; length--) {
    const cut = path.join(folder, `cut-${length}`, 'log');
    fs.mkdirSync(path.dirname(cut));
    fs.writeFileSync(cut, whole.subarray(0, length));
    const sound = whole.subarray(0, length).lastIndexOf('\n') + 1;
    const count = whole.subarray(0, sound).filter(byte => byte === 0x0a).length;
    const reader = readLog(cut);
    expect([...reader]).toHaveLength(count);
    expect(reader.tornBytes).toBe(length - sound);

    const log = openLog(cut);
    expect(log.append(skipped('next')).seq).toBe(count + 1);
    await log.close();
    expect(seqs(cut)).toHaveLength(count + 1);
    const kept = fs.readdirSync(path.dirname(cut)).filter(name => name !== 'log');
    expect(kept).toEqual(length === sound ? [] : ['log.torn-20261123T100000000Z']);
    if (kept[0]) expect(fs.readFileSync(path.join(path.dirname(cut), kept[0]))).toEqual(whole.subarray(sound, length));
  }
});

test('two torn tails of the same millisecond are both kept', async () => {
  const folder = temporaryFolder();
  const file = await writeLog(folder, 1);
  for (const tail of ['{"se', '{"seq']) {
    fs.appendFileSync(file, tail);
    await openLog(file).close();
  }
  const kept = fs.readdirSync(folder).filter(name => name.includes('.torn-'));
  expect(kept.map(name => fs.readFileSync(path.join(folder, name), 'utf8'))).toEqual(['{"se', '{"seq']);
});

test('a damaged log is not opened and not changed', async () => {
  const file = await writeLog(temporaryFolder(), 3);
  const bytes = fs.readFileSync(file);
  bytes[20]! ^= 1;
  fs.writeFileSync(file, bytes);
  expect(() => openLog(file)).toThrow(expect.objectContaining({code: 'LOG_CORRUPT'}));
  expect(fs.readFileSync(file)).toEqual(bytes);
});

test('a log that is not as the caller read it is refused', async () => {
  const file = await writeLog(temporaryFolder(), 2);
  const reader = readLog(file);
  for (const _ of reader);
  await openLog(file, {after: reader.position}).close();
  expect(() => openLog(file, {after: {offset: 0, seq: 0}})).toThrow('it ends with event 2, expected 0');
});

/** Syncs of a log end when the test says so. */
function holdSync(): {end(error?: NodeJS.ErrnoException): void} {
  const waiting: Array<(error: NodeJS.ErrnoException | null) => void> = [];
  vi.spyOn(fs, 'fdatasync').mockImplementation((_, onEnd) => void waiting.push(onEnd));
  return {end: (error = undefined) => waiting.shift()?.(error ?? null)};
}

/** Fails like a full disk once `capacity` bytes are written. */
function limitDisk(capacity: number, code = 'ENOSPC'): void {
  const {writeSync} = fs;
  let left = capacity;
  vi.spyOn(fs, 'writeSync').mockImplementation(((fd: number, data: Buffer, offset: number, length: number) => {
    if (left === 0) throw systemError(code);
    const written = writeSync(fd, data, offset, Math.min(length, left));
    left -= written;
    return written;
  }) as typeof writeSync);
}

test('a disk that is full at any byte leaves the log as it was before, and dead', async () => {
  const folder = temporaryFolder();
  const line = fs.statSync(await writeLog(folder, 1)).size;
  for (let capacity = 0; capacity < 2 * line; capacity += 7) {
    const file = path.join(folder, `log-${capacity}`);
    const log = openLog(file);
    log.append(skipped('task-0'));
    await log.durable();
    const before = fs.readFileSync(file);
    limitDisk(capacity);
    log.append(skipped('task-1'));
    log.append(skipped('task-2'));
    await expect(log.durable()).rejects.toMatchObject({code: 'DISK_FULL'});
    vi.restoreAllMocks();
    expect(fs.readFileSync(file)).toEqual(before);
    expect(() => log.append(skipped('task-3'))).toThrow(expect.objectContaining({code: 'DISK_FULL'}));
    await expect(log.durable()).rejects.toMatchObject({code: 'DISK_FULL'});
    await log.close();
    expect(fs.readFileSync(file)).toEqual(before);
  }
});

test('short writes are continued', async () => {
  const file = path.join(temporaryFolder(), 'log');
  const log = openLog(file);
  const {writeSync} = fs;
  vi.spyOn(fs, 'writeSync').mockImplementation(((fd: number, data: Buffer, offset: number) =>
    writeSync(fd, data, offset, 1)) as typeof writeSync);
  log.append(skipped('a', 'später'));
  await log.durable();
  await log.close();
  expect(seqs(file)).toEqual([1]);
});

test.each([
  ['EDQUOT', 'DISK_FULL'],
  ['EROFS', 'READ_ONLY'],
  ['EFBIG', 'LOG_UNWRITABLE'],
  ['EIO', 'LOG_UNWRITABLE'],
])('a write that fails with %s is %s', async (system, code) => {
  const log = openLog(path.join(temporaryFolder(), 'log'));
  limitDisk(3, system);
  log.append(skipped('a'));
  await expect(log.durable()).rejects.toMatchObject({code});
  await log.close();
});

test('after a failed sync nothing more is written, and the error says that the last events are in doubt', async () => {
  const file = path.join(temporaryFolder(), 'log');
  const log = openLog(file);
  const heard = vi.fn();
  log.onDurable(heard);
  const sync = holdSync();
  log.append(skipped('a'));
  const first = expect(log.durable()).rejects.toThrow(/sync the event log .* its last events may not be on disk/);
  await endOfTurn();
  log.append(skipped('meanwhile'));
  const meanwhile = expect(log.durable()).rejects.toMatchObject({code: 'LOG_UNWRITABLE'});
  sync.end(systemError('EIO'));
  await Promise.all([first, meanwhile]);
  expect(() => log.append(skipped('b'))).toThrow(MilestoneError);
  await expect(log.durable()).rejects.toMatchObject({code: 'LOG_UNWRITABLE'});
  expect(heard).not.toHaveBeenCalled();
  await log.close();
  expect(seqs(file)).toEqual([1]);
});

test('a writer that has lost its lock writes nothing', async () => {
  const file = path.join(temporaryFolder(), 'log');
  const lost = new MilestoneError('LOCK_LOST', 'lost');
  const log = openLog(file, {
    beforeSync: () => {
      throw lost;
    },
  });
  log.append(skipped('a'));
  await expect(log.durable()).rejects.toBe(lost);
  await log.close();
  expect(fs.statSync(file).size).toBe(0);
});

test('a log that was deleted, or written by another process, is not written to', async () => {
  const folder = temporaryFolder();
  const deleted = openLog(path.join(folder, 'deleted'));
  fs.rmSync(path.join(folder, 'deleted'));
  deleted.append(skipped('a'));
  await expect(deleted.durable()).rejects.toMatchObject({code: 'LOG_UNWRITABLE'});
  await deleted.close();

  const shared = openLog(path.join(folder, 'shared'));
  fs.appendFileSync(path.join(folder, 'shared'), 'somebody else\n');
  shared.append(skipped('a'));
  await expect(shared.durable()).rejects.toMatchObject({code: 'LOCK_LOST'});
  await shared.close();
  expect(fs.readFileSync(path.join(folder, 'shared'), 'utf8')).toBe('somebody else\n');
});

test('whoever listens for it is told what the log died of, once', async () => {
  const log = openLog(path.join(temporaryFolder(), 'log'));
  const told = vi.fn();
  log.onFailure(told);
  limitDisk(0);
  log.append(skipped('a'));
  await endOfTurn();
  expect(() => log.append(skipped('b'))).toThrow(MilestoneError);
  expect(told.mock.calls).toEqual([[expect.objectContaining({code: 'DISK_FULL'})]]);
  await log.close();
});

test('a failure that nobody waited for is thrown when the log is closed', async () => {
  const log = openLog(path.join(temporaryFolder(), 'log'));
  limitDisk(0);
  log.append(skipped('a'));
  await expect(log.close()).rejects.toMatchObject({code: 'DISK_FULL'});
});

test('an event that cannot be written as JSON takes no number', async () => {
  const file = path.join(temporaryFolder(), 'log');
  const log = openLog(file);
  expect(() => log.append(skipped('a', 1n as never))).toThrow(TypeError);
  log.append(skipped('b'));
  await log.durable();
  await log.close();
  expect(seqs(file)).toEqual([1]);
});
