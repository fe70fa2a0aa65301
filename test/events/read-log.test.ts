import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {MilestoneEvent} from '../../src/events/event.ts';
import {followLog} from '../../src/events/follow-log.ts';
import {LOG_START} from '../../src/events/log-position.ts';
import {logSeal} from '../../src/events/log-seal.ts';
import {inspectLog, readLastEvents, readLog} from '../../src/events/read-log.ts';
import {HandClock, openLog, skipped, temporaryFolder, writeLog} from './log-rig.ts';

function taskIds(entries: Iterable<{event: MilestoneEvent}>): string[] {
  return Array.from(entries, ({event}) => (event.details as {task_id: string}).task_id);
}

test('reading can begin where an earlier reading ended', async () => {
  const file = await writeLog(temporaryFolder(), 5);
  const entries = [...readLog(file)];
  for (const [index, {event, offset}] of entries.entries()) {
    const rest = readLog(file, {from: {offset, seq: event.seq}});
    expect([...rest]).toEqual(entries.slice(index + 1));
    expect(rest.position).toEqual({offset: fs.statSync(file).size, seq: 5});
  }
});

test('a reader that stops early knows where it stopped', async () => {
  const reader = readLog(await writeLog(temporaryFolder(), 5));
  for (const {event} of reader) if (event.seq === 2) break;
  expect(reader.position.seq).toBe(2);
  expect(taskIds(reader)).toEqual(['task-3', 'task-4', 'task-5']);
});

test('any flipped byte but the last newline is refused with its line and byte, from the front and from the back', async () => {
  const folder = temporaryFolder();
  const file = await writeLog(folder, 3);
  const whole = fs.readFileSync(file);
  const flipped = path.join(folder, 'flipped');
  for (let at = 0; at < whole.length - 1; at++) {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= 1;
    fs.writeFileSync(flipped, bytes);
    const line = whole.subarray(0, at).filter(byte => byte === 0x0a).length + 1;
    const byte = whole.subarray(0, at).lastIndexOf('\n') + 1;
    const refusal = {
      code: 'LOG_CORRUPT',
      message: expect.stringContaining(`in line ${line} (byte ${byte}): `),
      hint: 'run `milestone doctor`',
      where: {file: flipped, line},
    };
    expect(() => [...readLog(flipped)], `byte ${at}`).toThrow(expect.objectContaining(refusal));
    expect(() => readLastEvents(flipped, 3), `byte ${at}`).toThrow(expect.objectContaining(refusal));
    expect(inspectLog(flipped)).toMatchObject({soundEvents: line - 1, soundLength: byte, damage: {line, byte}});
  }
});

test('a whole line without its newline is a torn tail', async () => {
  const file = await writeLog(temporaryFolder(), 2);
  fs.truncateSync(file, fs.statSync(file).size - 1);
  const reader = readLog(file);
  expect(taskIds(reader)).toEqual(['task-1']);
  expect(reader.tornBytes).toBeGreaterThan(100);
  expect(inspectLog(file)).toEqual({
    soundEvents: 1,
    soundLength: reader.position.offset,
    tornBytes: reader.tornBytes,
  });
});

test('a line that is missing, doubled or out of order is damage', async () => {
  const file = await writeLog(temporaryFolder(), 4);
  const [a, b, c, d] = fs.readFileSync(file, 'utf8').split('\n');
  for (const [lines, damaged] of [
    [[a, c, d], 2],
    [[a, b, b, c], 3],
    [[a, c, b, d], 2],
    [[b, c, d], 1],
    [[a, '', b], 2],
  ] as const) {
    fs.writeFileSync(file, `${lines.join('\n')}\n`);
    expect(() => [...readLog(file)]).toThrow(`in line ${damaged} `);
    expect(() => readLastEvents(file, 9)).toThrow(`in line ${damaged} `);
  }
});

test('no log, an empty log and a folder are three different things', () => {
  const folder = temporaryFolder();
  const empty = path.join(folder, 'empty');
  fs.writeFileSync(empty, '');
  expect([...readLog(empty)]).toEqual([]);
  expect(readLastEvents(empty, 5)).toEqual([]);
  expect(() => [...readLog(path.join(folder, 'none'))]).toThrow(expect.objectContaining({code: 'LOG_MISSING'}));
  expect(() => readLastEvents(path.join(folder, 'none'), 1)).toThrow(expect.objectContaining({code: 'LOG_MISSING'}));
  expect(() => [...readLog(folder)]).toThrow(expect.objectContaining({code: 'IO_FAILED'}));
});

test('a log that became shorter than what was read is damage', async () => {
  const file = await writeLog(temporaryFolder(), 2);
  const from = {offset: fs.statSync(file).size + 1, seq: 3};
  expect(() => [...readLog(file, {from})]).toThrow('fewer than were read before');
});

test('backwards gives what forwards gives, with lines of any length and a torn tail', async () => {
  const folder = temporaryFolder();
  let number = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.nat(300), fc.integer({min: 65_000, max: 66_000}), fc.constant(150_000)), {maxLength: 8}),
      fc.nat(9),
      fc.nat(3),
      async (lengths, count, torn) => {
        const file = path.join(folder, String(++number));
        const log = openLog(file);
        for (const [index, length] of lengths.entries()) log.append(skipped(`task-${index}`, 'ä'.repeat(length)));
        await log.durable();
        await log.close();
        fs.appendFileSync(file, '{"seq"'.slice(0, torn));
        const forwards = [...readLog(file)];
        expect(forwards).toHaveLength(lengths.length);
        expect(readLastEvents(file, count)).toEqual(count === 0 ? [] : forwards.slice(-count));
        const isEven = (event: MilestoneEvent) => event.seq % 2 === 0;
        const even = forwards.filter(({event}) => isEven(event));
        expect(readLastEvents(file, 2, isEven)).toEqual(even.slice(-2));
      },
    ),
    {numRuns: 30},
  );
});

test('the last events of a long log cost no more than a block from its end', async () => {
  const file = await writeLog(temporaryFolder(), 20_000);
  const damaged = fs.readFileSync(file);
  damaged[10]! ^= 1; // never looked at
  fs.writeFileSync(file, damaged);
  expect(taskIds(readLastEvents(file, 2))).toEqual(['task-19999', 'task-20000']);
});

test('following waits for the file, gives whole lines only, and ends with the signal', async () => {
  const file = path.join(temporaryFolder(), 'log');
  const clock = new HandClock();
  const stop = new AbortController();
  const events = followLog(file, LOG_START, clock, stop.signal, {pollMs: 100});
  const first = events.next();
  await clock.slept();
  const log = openLog(file);
  log.append(skipped('a'));
  log.append(skipped('b'));
  await log.close();
  await clock.wake();
  expect((await first).value?.event.seq).toBe(1);
  expect((await events.next()).value?.event.seq).toBe(2);

  const third = events.next();
  await clock.slept();
  const whole = fs.readFileSync(await writeLog(temporaryFolder(), 3));
  const line = whole.subarray(whole.lastIndexOf('\n', -2) + 1);
  fs.appendFileSync(file, line.subarray(0, 50));
  await clock.wake();
  await clock.slept(); // half a line: it looked, and rests again
  fs.appendFileSync(file, line.subarray(50));
  await clock.wake();
  expect((await third).value?.event.seq).toBe(3);

  const end = events.next();
  await clock.slept();
  stop.abort();
  expect(await end).toEqual({value: undefined, done: true});
});

test('a follower refuses a log that became shorter', async () => {
  const file = await writeLog(temporaryFolder(), 2);
  const clock = new HandClock();
  const events = followLog(file, LOG_START, clock, new AbortController().signal, {pollMs: 100});
  await events.next();
  await events.next();
  const third = events.next();
  await clock.slept();
  fs.truncateSync(file, 10);
  const refused = expect(third).rejects.toMatchObject({code: 'LOG_CORRUPT'});
  await clock.wake();
  await refused;
});

test('a seal holds while the log grows, and breaks for another log', async () => {
  const folder = temporaryFolder();
  const file = await writeLog(folder, 200);
  const offset = fs.statSync(file).size;
  const seal = logSeal(file, offset);
  expect(seal).toMatch(/^[0-9a-f]+-/);

  const log = openLog(file);
  log.append(skipped('next'));
  await log.close();
  expect(logSeal(file, offset)).toBe(seal);
  expect(logSeal(file, offset - 1)).toBeUndefined(); // no line ends there
  expect(logSeal(file, fs.statSync(file).size + 1)).toBeUndefined();
  expect(logSeal(path.join(folder, 'none'), offset)).toBeUndefined();
  expect(logSeal(file, 0)).toBe('0--');

  const whole = fs.readFileSync(file);
  for (const at of [0, 100, offset - 30]) {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= 1;
    fs.writeFileSync(file, bytes);
    expect(logSeal(file, offset), `byte ${at}`).not.toBe(seal);
  }
});
