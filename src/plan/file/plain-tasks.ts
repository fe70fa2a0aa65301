// Most tasks of a long plan say what they say in the plainest form that YAML has: a line of JSON, or a line for each
// key. The library takes a tenth of a millisecond for each of them; here they are read at a glance, and the library gets
// a `0` in their place, with the offsets of all that is left unchanged.
//
// P1. Whoever doubts reads the whole. What is not plain beyond question is left to the library, and a plan in which
//     anything is odd is read once more by the library alone (`NotPlain`).

import type {Json, TaskLayout} from '../layout.ts';
import {TASK_FIELDS} from '../state-field-names.ts';

/** The whole text has to be asked: a plain task does not know. */
export class NotPlain extends Error {}

export interface PlainTask {
  /** Offset of its `0`, which stands where its own text begins. */
  at: number;
  data: Record<string, unknown>;
  layout: Omit<TaskLayout, 'id'>;
}

export interface PlainTasks {
  /** As long as the text that they were found in. */
  textWithoutThem: string;
  /** In the order of the text. */
  tasks: PlainTask[];
}

/** Line breaks to some, marks without width, whatever does not print. */
const ODD = /[^\n\x20-\x7e\u00a1-\u2027\u2030-\ufefe]/;
/** They change what words mean. */
const DIRECTIVE = /^%/m;
const TASKS = /^tasks: *\n/m;
const KEY_AT_THE_TOP = /^[^ #-]/;
const ENTRY = /^ *- (?=[^ ])/;
const PAIR = /^([a-z][a-z_]{0,40}): (.+)$/;
/** A text without quotes that is nothing else, and ends with its line. */
const PLAIN_TEXT = /^[A-Za-z\u00a1-\ufefe](?:[^:#]|:(?=[^ ])|(?<=[^ ])#)*(?<=[^ :])$/;
const PLAIN_LIST = /^\[[A-Za-z][\w.-]*(?:, ?[A-Za-z][\w.-]*)*\]$/;
const PLAIN_NUMBER = /^(?:0|[1-9]\d{0,8})$/;
/** Words that mean something to YAML. */
const NO_TEXT = /^(?:true|false|null)$/i;
/** No expression here is made for more. */
const LONGEST_LINE = 10_000;
/** So that it is not nested deeply. */
const MOST_BRACKETS = 50;
/** Whole numbers beyond this are exact in YAML. */
const LARGE_NUMBER = /\d{16}/;

const STATE_FIELDS: readonly string[] = TASK_FIELDS;

/** @returns `undefined` where there is none. */
export function findPlainTasks(text: string): PlainTasks | undefined {
  const key = TASKS.exec(text);
  if (!key || !text.endsWith('\n') || ODD.test(text) || DIRECTIVE.test(text)) return undefined;
  const tasks: PlainTask[] = [];
  const parts: string[] = [];
  let copied = 0;
  for (const entry of entriesFrom(text, key.index + key[0].length)) {
    const task = readEntry(entry);
    if (!task) continue;
    tasks.push(task);
    const end = entry.lines.at(-1)?.end as number;
    parts.push(text.slice(copied, task.at), '0', text.slice(task.at + 1, end).replace(/[^\n]+/g, blanks));
    copied = end;
  }
  return tasks.length > 0 ? {textWithoutThem: parts.join('') + text.slice(copied), tasks} : undefined;
}

/** An entry of a list, with the lines below it that are further in; its first line begins behind the dash. */
interface Entry {
  start: number;
  /** Of its keys. */
  column: number;
  /** `end` is an offset into the whole text, before the line break. */
  lines: Array<{text: string; end: number}>;
}

function* entriesFrom(text: string, first: number): Generator<Entry> {
  let entry: Entry | undefined;
  for (let start = first; start < text.length; ) {
    const lineBreak = text.indexOf('\n', start);
    const end = lineBreak < 0 ? text.length : lineBreak;
    const line = text.slice(start, end);
    const indentation = line.search(/[^ ]/); // to YAML no other blank is one
    if (entry && indentation > entry.column - 2) entry.lines.push({text: line, end});
    else if (indentation >= 0) {
      if (entry) yield entry;
      if (KEY_AT_THE_TOP.test(line)) return;
      const column = ENTRY.exec(line)?.[0].length;
      entry =
        column === undefined ? undefined : {start: start + column, column, lines: [{text: line.slice(column), end}]};
    }
    start = end + 1;
  }
  if (entry) yield entry;
}

function readEntry(entry: Entry): PlainTask | undefined {
  if (entry.lines.some(({text}) => text.length > LONGEST_LINE)) return undefined;
  const isJson = entry.lines.length === 1 && entry.lines[0]?.text.startsWith('{');
  return isJson ? readLineOfJson(entry) : readPairs(entry);
}

function readLineOfJson({start, lines: [line]}: Entry): PlainTask | undefined {
  const {text, end} = line as Entry['lines'][number];
  const data = parseJson(text) as Record<string, unknown> | undefined;
  if (!data || Object.keys(data).length === 0 || holdsState(data)) return undefined;
  const upToLast = text.trimEnd().slice(0, -1).trimEnd();
  const behindLast = end - text.length + upToLast.length;
  return {at: start, data, layout: {fields: {}, insert: {at: behindLast, before: ', ', json: true}}};
}

/** A place in a line of JSON is the library's to find; and a prototype is no data. */
function holdsState(data: Record<string, unknown>): boolean {
  return ['__proto__', 'kiro_workflow', ...STATE_FIELDS].some(key => Object.hasOwn(data, key));
}

function readPairs({start, column, lines}: Entry): PlainTask | undefined {
  const margin = ' '.repeat(column);
  const data: Record<string, unknown> = {};
  const ends: Record<string, number> = {};
  const fields: PlainTask['layout']['fields'] = {};
  for (const [index, {text, end}] of lines.entries()) {
    if (index > 0 && !text.startsWith(margin)) return undefined;
    const [, key = '', written = ''] = PAIR.exec(index > 0 ? text.slice(column) : text) ?? [];
    const value = readValue(written);
    if (value === undefined || Object.hasOwn(data, key)) return undefined;
    data[key] = value;
    ends[key] = end;
    if (STATE_FIELDS.includes(key))
      fields[key] = {
        value: value as Json,
        at: [end - written.length, end],
        ...(written.startsWith('"') && {quotes: 'double'}),
        // Its line, with the break before it; the first one shares its line with the dash.
        ...(index > 0 && {cut: [end - text.length - 1, end]}),
      };
  }
  const at = ends.status ?? ends.title ?? ends.id ?? (lines.at(-1)?.end as number);
  return {at: start, data, layout: {fields, insert: {at, before: `\n${margin}`}}};
}

/** @returns `undefined` for all that is not plain beyond question. */
function readValue(written: string): unknown {
  if (written.endsWith(' ')) return undefined;
  if (NO_TEXT.test(written)) return written === 'true' || (written === 'false' ? false : undefined);
  if (PLAIN_TEXT.test(written)) return written;
  if (PLAIN_NUMBER.test(written)) return Number(written);
  if (written.startsWith('"') || written.startsWith('["')) return parseJson(written);
  if (!PLAIN_LIST.test(written)) return undefined;
  const list = written.slice(1, -1).split(/, ?/);
  return list.some(entry => NO_TEXT.test(entry)) ? undefined : list;
}

/** JSON that says nothing twice, and each thing as JSON does: then it is the same to YAML. */
function parseJson(text: string): unknown {
  if (LARGE_NUMBER.test(text) || text.split(/[[{]/, MOST_BRACKETS).length === MOST_BRACKETS) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const again = JSON.stringify(value);
    return again === text || again === withoutSpaces(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

function withoutSpaces(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")| +/g, '$1');
}

function blanks(line: string): string {
  return ' '.repeat(line.length);
}
