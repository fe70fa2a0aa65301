// State fields back into the text of a plan, byte for byte: only what differs changes. Where things stand was worked
// out when the text was read (layout-of.ts); nothing here knows YAML but how to write a value on one line.
//
// L1. A layout belongs to one text: every offset is an offset into it.
// L2. No two edits overlap, so they can be applied in one pass.
// L3. A field that already says what it should is not touched.

import type {TaskId} from './plan.ts';
import {
  MAP_FIELDS,
  MILESTONE_FIELDS,
  NESTED_FIELDS,
  type StateFields,
  type StateMap,
  TASK_FIELDS,
  TASK_STATE_MAPS,
  type TaskFields,
} from './state-field-names.ts';
import {definedEntries, isMap, jsonText, keyText, quoted, type Values, valueText} from './value-text.ts';

export type Json = null | boolean | number | string | Json[] | {[key: string]: Json};
type Range = [start: number, end: number];

/** Where the state fields of a plan stand in its text. Plain data. */
export interface Layout {
  /** Length of the text that this belongs to. */
  length: number;
  milestone: MapLayout;
  tasks: TaskLayout[];
}

export interface MapLayout {
  fields: Record<string, FieldLayout>;
  /** Where a new field goes. */
  insert?: Insertion;
  /** Fields that cannot be written without changing something else. */
  fixed?: string[];
  /** Maps in it that are a person's, and have state fields. */
  maps?: Record<string, MapLayout>;
}

export interface TaskLayout extends MapLayout {
  id: TaskId;
}

export interface FieldLayout {
  /** What it says now; absent when JSON cannot hold it. */
  value?: Json;
  /** Text that a new value takes the index of. */
  at: Range;
  /** Written before the new value, when it is put where there was none. */
  lead?: string;
  /** Further text that goes when the value is replaced: a block of lines. */
  body?: Range;
  /** What goes when the field goes; absent: it becomes `null`. */
  cut?: Range;
  quotes?: 'single' | 'double';
  /** It is an empty map, which is as good as none. */
  isEmpty?: true;
  /** A map that is edited key by key. */
  map?: MapLayout;
}

export interface Insertion {
  at: number;
  /** Written before each new key: a line break with indentation, or a comma. */
  before: string;
  /** Written after each new key, where it comes before the first one. */
  after?: string;
  /** Keys and texts are in double quotes, as JSON has it. */
  json?: true;
  /** The map is empty: no comma before the first. */
  first?: true;
}

interface Edit {
  start: number;
  end: number;
  text: string;
}

/** The text of a plan with these state fields. Pure; the layout must be the text's own. */
export function renderPlan(text: string, layout: Layout, state: StateFields): string {
  return new PlanRenderer(text, layout).render(state);
}

/**
 * Renders one text again and again, at the cost of what changed: the edits of a task are kept for as long as its
 * fields are the same object.
 */
export class PlanRenderer {
  private readonly known: Array<{fields: TaskFields; edits: Edit[]} | undefined> = [];

  constructor(
    private readonly text: string,
    private readonly layout: Layout,
  ) {
    if (text.length !== layout.length) throw new Error('the layout belongs to another text');
  }

  render(state: StateFields): string {
    const {text, layout} = this;
    const edits: Edit[] = [];
    editMap(edits, layout.milestone, MILESTONE_FIELDS, {...state});
    for (const [index, task] of layout.tasks.entries()) {
      const fields = state.tasks.get(task.id);
      if (fields) for (const edit of this.editsOf(index, task, fields)) edits.push(edit);
    }
    return applyEdits(text, edits);
  }

  private editsOf(index: number, task: TaskLayout, fields: TaskFields): readonly Edit[] {
    const known = this.known[index];
    if (known?.fields === fields) return known.edits;
    const edits: Edit[] = [];
    editMap(edits, task, TASK_FIELDS, {...fields}, TASK_STATE_MAPS);
    this.known[index] = {fields, edits: joinInsertions(edits)};
    return edits;
  }
}

/** Several insertions at one index, in their order, as one. */
function joinInsertions(edits: readonly Edit[]): Edit[] {
  const joined: Edit[] = [];
  for (const edit of edits) {
    const before = joined.find(({start, end}) => start === end && start === edit.start && edit.start === edit.end);
    if (before) before.text += edit.text;
    else joined.push({...edit});
  }
  return joined;
}

function applyEdits(text: string, edits: Edit[]): string {
  if (edits.length === 0) return text;
  edits.sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  let done = 0;
  for (const {start, end, text: replacement} of edits) {
    parts.push(text.slice(done, start), replacement);
    done = end;
  }
  parts.push(text.slice(done));
  return parts.join('');
}

function editMap(
  edits: Edit[],
  map: MapLayout,
  keys: readonly string[],
  wanted: Values,
  maps: Readonly<Record<string, StateMap>> = {},
): void {
  // What goes into an inner map comes before what is added behind that map, maybe at the same index.
  for (const [key, inner] of Object.entries(maps)) editInner(edits, map.maps?.[key], inner, wanted[key]);
  const made = Object.keys(maps).filter(key => maps[key]?.isMade && !map.maps?.[key]);
  const writable = [...keys, ...made].filter(key => !map.fixed?.includes(key));
  const want = (key: string) => {
    const isMapField = MAP_FIELDS.includes(key) || made.includes(key);
    return isMapField && isEmptyMap(wanted[key]) ? undefined : (wanted[key] ?? undefined);
  };
  // The value of a key that had none comes before what is added behind its line.
  for (const key of writable) {
    const field = map.fields[key];
    if (field) editField(edits, key, field, want(key));
  }
  const {insert} = map;
  if (!insert) return;
  const added = writable.filter(key => !map.fields[key] && want(key) !== undefined);
  for (const [index, key] of added.entries()) {
    const text = newEntry(insert, key, want(key), insert.first === true && index === 0);
    edits.push({start: insert.at, end: insert.at, text});
  }
}

function editInner(edits: Edit[], map: MapLayout | undefined, {fields, maps}: StateMap, wanted: unknown): void {
  if (map) editMap(edits, map, fields, isMap(wanted) ? wanted : {}, maps);
}

function newEntry({before, after = '', json}: Insertion, key: string, value: unknown, isFirst: boolean): string {
  const entry = json ? `${JSON.stringify(key)}: ${jsonText(value)}` : `${keyText(key)}: ${valueText(value)}`;
  return `${isFirst ? '' : before}${entry}${after}`;
}

function editField(edits: Edit[], key: string, field: FieldLayout, want: unknown): void {
  if (field.map && isMap(want)) {
    const keys = NESTED_FIELDS[key] ?? [...new Set([...Object.keys(field.map.fields), ...Object.keys(want)])];
    editMap(edits, field.map, keys, want);
    return;
  }
  if ('value' in field && isSame(field.value, want)) return;
  if (field.isEmpty && want === undefined) return;
  if (want === undefined && field.cut) {
    edits.push({start: field.cut[0], end: field.cut[1], text: ''});
    return;
  }
  edits.push({start: field.at[0], end: field.at[1], text: `${field.lead ?? ''}${quoted(want ?? null, field.quotes)}`});
  if (field.body) edits.push({start: field.body[0], end: field.body[1], text: ''});
}

/** Equal as YAML has it: `null` is the same as missing. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || a === undefined) return b === null || b === undefined;
  if (typeof a !== 'object' || typeof b !== 'object' || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((entry, i) => isSame(entry, b[i]));
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every(key => isSame((a as Values)[key], (b as Values)[key]));
}

function isEmptyMap(value: unknown): boolean {
  return isMap(value) && definedEntries(value).length === 0;
}
