// One line of the log: the event as JSON, closed by a checksum over everything before it.

import {isUtf8} from 'node:buffer';
import {crc32} from '../platform/crc32.ts';
import type {MilestoneEvent} from './event.ts';

const SUM_OPENS = ',"sum":"';
/** Bytes of `,"sum":"xxxxxxxx"}`, the same at the end of every line. */
const CLOSING_BYTES = SUM_OPENS.length + 8 + '"}'.length;
const CLOSING = /^,"sum":"[0-9a-f]{8}"\}$/;

/**
 * One event as a line of the log, with its newline.
 * @param event Its keys must stand in the order of the log: seq, timestamp, event, milestone_id, session_id, details.
 */
export function encodeRecord(event: MilestoneEvent): string {
  const body = JSON.stringify(event).slice(0, -1);
  return `${body}${SUM_OPENS}${crc32(body).toString(16).padStart(8, '0')}"}\n`;
}

/**
 * The event in one line of the log, or in words what is wrong with the line.
 * @param line Without its newline.
 * @param seq The number that the event must have; not checked where the reader cannot know it.
 */
export function decodeRecord(line: Buffer, seq?: number): MilestoneEvent | string {
  const bodyLength = line.length - CLOSING_BYTES;
  const closing = line.toString('latin1', Math.max(bodyLength, 0));
  if (!CLOSING.test(closing)) return 'it does not end with a checksum';
  const body = line.subarray(0, bodyLength);
  const sum = crc32(body).toString(16).padStart(8, '0');
  const recorded = closing.slice(SUM_OPENS.length, -2);
  if (sum !== recorded) return `its checksum is \`${recorded}\`, its content has \`${sum}\``;
  if (!isUtf8(body)) return 'it is not UTF-8';
  const event = parseObject(`${body.toString('utf8')}}`);
  if (!event) return 'it is not JSON';
  if (!isEvent(event)) return 'it lacks a field that every event has';
  if (seq !== undefined && event.seq !== seq) return `its \`seq\` is ${event.seq}, expected ${seq}`;
  return event;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether the envelope is whole; that `details` fits the event is the word of the checksum. */
function isEvent(value: Record<string, unknown> | MilestoneEvent): value is MilestoneEvent {
  return (
    Number.isSafeInteger(value.seq) &&
    typeof value.timestamp === 'string' &&
    typeof value.event === 'string' &&
    typeof value.milestone_id === 'string' &&
    typeof value.session_id === 'string' &&
    typeof value.details === 'object' &&
    value.details !== null
  );
}
