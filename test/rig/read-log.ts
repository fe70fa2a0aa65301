import fs from 'node:fs';
import zlib from 'node:zlib';
import type {MilestoneEvent} from '../../src/events/event.ts';

/**
 * Every whole event of a log; a torn tail is left out, as every reader does. Written from the description of the
 * format alone, so that it also checks the program's own reader.
 * @throws when a checksum, the order of `sum` or the count of `seq` is wrong.
 */
export function readLog(file: string): MilestoneEvent[] {
  if (!fs.existsSync(file)) return [];
  const lines = fs.readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => readLine(line, index + 1, file));
}

function readLine(line: string, seq: number, file: string): MilestoneEvent {
  const match = /^(.*),"sum":"([0-9a-f]{8})"\}$/.exec(line);
  if (!match) throw new Error(`${file}:${seq}: no sum at the end of ${line}`);
  const sum = zlib.crc32(match[1]!).toString(16).padStart(8, '0');
  if (sum !== match[2]) throw new Error(`${file}:${seq}: the sum is ${match[2]}, its bytes give ${sum}`);
  const {sum: _, ...event} = JSON.parse(line);
  if (event.seq !== seq) throw new Error(`${file}:${seq}: seq is ${event.seq}`);
  return event;
}
