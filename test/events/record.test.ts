import {crc32} from 'node:zlib';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {MilestoneEvent} from '../../src/events/event.ts';
import {decodeRecord, encodeRecord} from '../../src/events/record.ts';

const event: MilestoneEvent = {
  seq: 7,
  timestamp: '2026-11-23T10:00:00.123Z',
  event: 'task_skipped',
  milestone_id: 'auth-api',
  session_id: 'session-20261123-100000-k3f9',
  details: {task_id: 'login', reason: 'später ☃'},
};

function bytesOf(line: string): Buffer {
  return Buffer.from(line.slice(0, -1));
}

test('a line has its keys in a fixed order and ends with the checksum of what stands before it', () => {
  expect(encodeRecord(event)).toBe(
    '{"seq":7,"timestamp":"2026-11-23T10:00:00.123Z","event":"task_skipped","milestone_id":"auth-api",' +
      '"session_id":"session-20261123-100000-k3f9","details":{"task_id":"login","reason":"später ☃"},"sum":"f01d0ed1"}\n',
  );
});

test('every event that can be written is read back as it was', () => {
  fc.assert(
    fc.property(fc.string({unit: 'binary', maxLength: 60}), fc.jsonValue(), fc.nat(), (reason, extra, seq) => {
      const written = {...event, seq, details: {...event.details, reason, extra}} as MilestoneEvent;
      const line = encodeRecord(written);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(decodeRecord(bytesOf(line), seq)).toEqual(JSON.parse(JSON.stringify(written)));
    }),
  );
});

test('a line with one flipped bit is never taken for an event', () => {
  const line = bytesOf(encodeRecord(event));
  for (let at = 0; at < line.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(line);
      flipped[at]! ^= 1 << bit;
      expect(decodeRecord(flipped, 7), `byte ${at}, bit ${bit}`).toBeTypeOf('string');
    }
  }
});

/** A line that is wrong although its checksum is right. */
function sealed(body: string | Buffer): Buffer {
  const bytes = Buffer.from(body as string);
  return Buffer.concat([bytes, Buffer.from(`,"sum":"${crc32(bytes).toString(16).padStart(8, '0')}"}`)]);
}

test('what is wrong with a line is said in words', () => {
  expect(decodeRecord(Buffer.from('{"seq":7}'))).toBe('it does not end with a checksum');
  expect(decodeRecord(Buffer.from(''))).toBe('it does not end with a checksum');
  expect(decodeRecord(Buffer.from('{"seq":7,"sum":"00000000"}'))).toMatch(
    /^its checksum is `00000000`, its content has/,
  );
  expect(decodeRecord(sealed('{"seq":'))).toBe('it is not JSON');
  expect(decodeRecord(sealed('{"seq":7'))).toBe('it lacks a field that every event has');
  expect(decodeRecord(sealed(Buffer.from([0x7b, 0xff])))).toBe('it is not UTF-8');
  expect(decodeRecord(bytesOf(encodeRecord(event)), 8)).toBe('its `seq` is 7, expected 8');
});
