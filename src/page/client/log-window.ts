// The part of a log that a page holds. A log may be larger than all memory, so it is read by ranges, and what is too far
// from where somebody reads is let go. Pure.
//
//   0 ────── from [ piece | piece | piece ] rest ── to ────── size
//
// G1. Pieces hold whole lines, so that neither a character nor a colour is cut; a line that is too long is cut all the same.
// G2. What is known of the bytes is exact: the pieces and the rest are those from `from` to `to`.

/** Bytes that are held at most, and asked for at a time. */
export const MOST_BYTES = 512 * 1024;
export const STEP_BYTES = 128 * 1024;
/** Bytes without a line's end that are held back. */
const LONGEST_LINE = 64 * 1024;

export interface Piece {
  from: number;
  to: number;
  text: string;
}

export interface LogWindow {
  pieces: readonly Piece[];
  /** A line that has not ended yet. */
  unended: string;
  /** Where reading goes on towards the end: the beginning of that line. */
  next: number;
  size: number;
}

export const EMPTY_WINDOW: LogWindow = {pieces: [], unended: '', next: 0, size: 0};

/** Bytes of a log, and where they are. */
export interface Range {
  from: number;
  bytes: Uint8Array;
  size: number;
}

/** Where what is held begins. */
export function startOf({pieces, next}: LogWindow): number {
  return pieces[0]?.from ?? next;
}

/** A window on nothing but this range. */
export function openWindow({from, bytes, size}: Range): LogWindow {
  const skipped = from === 0 ? 0 : lineStart(bytes);
  return extend(
    {pieces: [], unended: '', next: from + skipped, size},
    {from: from + skipped, bytes: bytes.subarray(skipped), size},
  );
}

/** The same with what follows; the same one for a range that does not. */
export function extend(window: LogWindow, {from, bytes, size}: Range): LogWindow {
  if (from !== window.next) return window;
  const whole = wholeLines(bytes);
  const text = decode(bytes.subarray(0, whole));
  const next = from + whole;
  const pieces = whole === 0 ? window.pieces : [...window.pieces, {from, to: next, text}];
  return {pieces: letGo(pieces, 'first'), unended: decode(bytes.subarray(whole)), next, size};
}

/** The same with what comes before. @param range Ends where the window begins, or later. */
export function extendBack(window: LogWindow, {from, bytes, size}: Range): LogWindow {
  const before = bytes.subarray(0, Math.max(startOf(window) - from, 0));
  const skipped = from === 0 ? 0 : lineStart(before);
  const kept = before.subarray(skipped);
  if (kept.length === 0) return window;
  const piece = {from: from + skipped, to: from + before.length, text: decode(kept)};
  const pieces = letGo([piece, ...window.pieces], 'last');
  const next = pieces.at(-1)?.to ?? window.next;
  return {pieces, unended: next === window.next ? window.unended : '', next, size};
}

function letGo(pieces: readonly Piece[], side: 'first' | 'last'): readonly Piece[] {
  const left = [...pieces];
  const held = () => (left.at(-1)?.to ?? 0) - (left[0]?.from ?? 0);
  while (left.length > 1 && held() > MOST_BYTES) side === 'first' ? left.shift() : left.pop();
  return left;
}

/** Behind the first line's end; where a character begins, if there is none. */
function lineStart(bytes: Uint8Array): number {
  const end = bytes.indexOf(NEWLINE);
  if (end >= 0 && end < bytes.length - 1) return end + 1;
  return characterStart(bytes, 0, 1);
}

/** Up to the last line's end, or all but a cut character of a line that is too long. */
function wholeLines(bytes: Uint8Array): number {
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  if (bytes.length - end <= LONGEST_LINE) return end;
  const start = characterStart(bytes, bytes.length - 1, -1);
  return isComplete(bytes.subarray(start)) ? bytes.length : start;
}

function characterStart(bytes: Uint8Array, from: number, step: 1 | -1): number {
  let at = from;
  for (let tries = 0; tries < 3 && isInside(bytes[at]); tries++) at += step;
  return isInside(bytes[at]) ? from : at;
}

function isInside(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function isComplete(character: Uint8Array): boolean {
  const [first = 0] = character;
  const length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return character.length >= length;
}

const NEWLINE = 0x0a;

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
