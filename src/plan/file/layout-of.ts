// Works out, while a plan is read, where its state fields stand in the text and where new ones go. Whatever could not
// be written without changing something else is left out, with a warning.

import {type CST, isMap, isScalar, type Node, type Pair, Scalar} from 'yaml';
import type {FieldLayout, Insertion, Json, Layout, MapLayout, TaskLayout} from '../layout.ts';
import {
  MAP_FIELDS,
  MILESTONE_FIELDS,
  NESTED_FIELDS,
  type StateMap,
  TASK_FIELDS,
  TASK_STATE_MAPS,
} from '../state-field-names.ts';
import type {RawTask} from './imported.ts';
import type {Problems} from './problems.ts';
import {isMergePair, type MapNode, type YamlSource} from './yaml-source.ts';
import {
  colonEnd,
  endOf,
  endOfPair,
  endOfSource,
  endsInBlockScalar,
  endsInKeptLines,
  hasExplicitKey,
  isEmptyScalar,
  type SourceToken,
  startOf,
  type Token,
} from './yaml-tokens.ts';

/** The layout of a plan whose root is a map and whose tasks are maps. */
export function layoutOf(source: YamlSource, tasks: readonly RawTask[], problems: Problems): Layout {
  return new LayoutReader(source, tasks, problems).read();
}

class LayoutReader {
  private readonly text: string;
  /** Nodes that an alias names, and all that they are part of. */
  private readonly named = new Set<Node>();
  /** Fields whose lines may go, by where the cut begins: at the end of the line before. */
  private readonly cuttable = new Map<number, FieldLayout>();
  /** Those of them that separate lines of text from what comes below. */
  private readonly behindText: FieldLayout[] = [];

  constructor(
    private readonly source: YamlSource,
    private readonly tasks: readonly RawTask[],
    private readonly problems: Problems,
  ) {
    this.text = source.text;
    for (const node of source.references.keys())
      for (let at: Node | undefined = node; at && !this.named.has(at); at = source.parents.get(at)) this.named.add(at);
  }

  read(): Layout {
    const root = this.source.root as MapNode;
    const milestone = this.readMap(root, MILESTONE_FIELDS, {after: 'status'});
    this.warnOfFixed(milestone, 'the milestone', root);
    const tasks = this.tasks.map(task => this.readTask(task));
    this.keepTextsApart();
    return {length: this.text.length, milestone, tasks};
  }

  /** What separates lines of text from a comment or an empty line below must stay, or these become part of the text. */
  private keepTextsApart(): void {
    // From the last one on: what stays below is what keeps them apart.
    const fields = this.behindText.sort((a, b) => (b.cut?.[0] ?? 0) - (a.cut?.[0] ?? 0));
    for (const field of fields) if (field.cut && !this.isFollowedByKey(this.endOfCuts(field.cut))) delete field.cut;
  }

  /** Where the lines end that may go together, one after the other, with those that are to be cut. */
  private endOfCuts([, end]: [number, number]): number {
    const next = this.cuttable.get(end)?.cut;
    return next ? this.endOfCuts(next) : end;
  }

  private readTask({id = '', path}: RawTask): TaskLayout {
    const map = this.source.target(this.source.nodeAt(path));
    const layout = isMap(map)
      ? this.readMap(map as MapNode, TASK_FIELDS, {after: 'status', maps: TASK_STATE_MAPS})
      : FROZEN(TASK_FIELDS);
    this.warnOfFixed(layout, `task \`${id}\``, map);
    return {id, ...layout};
  }

  private warnOfFixed(layout: MapLayout, owner: string, node: Node | null): void {
    const fixed = fixedKeys(layout);
    if (fixed.length === 0) return;
    const fields = fixed.map(key => `\`${key}\``).join(', ');
    this.problems.warn(
      'STATE_NOT_WRITABLE',
      `the state of ${owner} cannot be kept up to date in this file (${fields}): that text is named by an alias, has a merge key, or is written in an unusual way`,
      this.source.positionOfNode(node),
      'write it out without anchors; the log has the state in any case',
    );
  }

  /** Whether an alias names a node, or anything in it. */
  private isNamed(node: unknown): boolean {
    return this.named.has(node as Node);
  }

  /** Whether an alias names a node, or anything that it is part of. */
  private isShared(node: Node): boolean {
    for (let at: Node | undefined = node; at && this.named.size > 0; at = this.source.parents.get(at))
      if (this.source.references.has(at)) return true;
    return false;
  }

  private readMap(
    map: MapNode,
    keys: readonly string[] | undefined,
    {after, maps = {}, inner}: {after?: string; maps?: StateMap['maps']; inner?: {json: boolean}} = {},
  ): MapLayout {
    const style = this.styleOf(map);
    const made = Object.keys(maps).filter(key => maps[key]?.isMade);
    const all = keys && [...keys, ...made];
    if (!style) return FROZEN(all ?? map.items.flatMap(({key}) => this.source.keyText(key) ?? []));
    const json = isJson(map, inner?.json);
    const layout: Required<Pick<MapLayout, 'fields' | 'fixed' | 'maps'>> = {fields: {}, fixed: [], maps: {}};
    const {fields, fixed} = layout;
    let followsText = false;
    for (const [index, pair] of map.items.entries()) {
      const previous = map.items[index - 1]?.srcToken;
      const key = this.source.keyText(pair.key);
      const inner = key === undefined || isNothing(pair.value) ? undefined : maps[key];
      if (inner) this.readStateMap(layout, key as string, pair.value as Node, inner, json);
      const isState = key !== undefined && !inner && (all?.includes(key) ?? true);
      const field = isState ? this.readField(key, pair, previous, style) : undefined;
      followsText = endsInBlockScalar(previous?.value) || followsText;
      if (field?.cut && !style.flow) this.cuttable.set(field.cut[0], field);
      if (field?.cut && !style.flow && followsText) this.behindText.push(field);
      if (!field?.cut) followsText = false;
      if (field) fields[key as string] = field;
      else if (isState) fixed.push(key);
    }
    const insert = style.flow
      ? this.insertionInFlow(style.flow, json)
      : inner
        ? this.insertionInInner(map, after, Object.keys(fields))
        : this.insertionInBlock(map, after);
    if (!insert) fixed.push(...(all ?? []).filter(key => !fields[key] && !layout.maps[key] && !fixed.includes(key)));
    return {
      fields,
      ...(insert && {insert}),
      ...(fixed.length > 0 && {fixed}),
      ...(Object.keys(layout.maps).length > 0 && {maps: layout.maps}),
    };
  }

  /** A person's map with state in it. What is used elsewhere too is left alone. */
  private readStateMap(
    {fixed, maps}: {fixed: string[]; maps: Record<string, MapLayout>},
    key: string,
    value: Node,
    {fields, after, maps: deeper}: StateMap,
    json: boolean,
  ): void {
    const map = isMap(value)
      ? this.readMap(value as MapNode, fields, {
          ...(after !== undefined && {after}),
          ...(deeper && {maps: deeper}),
          inner: {json},
        })
      : undefined;
    if (map?.insert) maps[key] = map;
    else fixed.push(key);
  }

  /** How a map is written that may be written to: an alias or a merge key would make the change of others, or hide it. */
  private styleOf(map: MapNode): {flow?: CST.FlowCollection} | undefined {
    if (this.isShared(map) || map.items.some(isMergePair)) return undefined;
    const token = map.srcToken;
    if (token?.type === 'block-map') return {};
    return token?.type === 'flow-collection' && token.start.source === '{' ? {flow: token} : undefined;
  }

  private readField(
    key: string,
    pair: Pair<unknown, unknown>,
    previous: Token | undefined,
    style: {flow?: CST.FlowCollection},
  ): FieldLayout | undefined {
    const token = pair.srcToken;
    const colon = token && colonEnd(token);
    const value = pair.value as Node | null;
    if (!token || colon === undefined || this.isNamed(value) || this.isNamed(pair.key)) return undefined;
    const json = toJson(this.source.dataOf(value));
    const cut = style.flow ? this.cutInFlow(token, previous) : this.cutInBlock(token);
    const map = this.nestedMap(key, value);
    return {
      ...(json !== undefined && !map && {value: json}),
      ...this.replacement(token, colon, value),
      ...(cut && {cut}),
      ...(map && {map}),
      ...(map && isMap(value) && value.items.length === 0 && {isEmpty: true as const}),
    };
  }

  private nestedMap(key: string, value: Node | null): MapLayout | undefined {
    if (!MAP_FIELDS.includes(key) || !isMap(value)) return undefined;
    const map = this.readMap(value as MapNode, NESTED_FIELDS[key]);
    return map.insert && !map.fixed ? map : undefined;
  }

  private replacement(
    token: Token,
    colon: number,
    value: Node | null,
  ): Pick<FieldLayout, 'at' | 'lead' | 'body' | 'quotes'> {
    const props = (token.sep ?? []).filter(({type}) => type === 'anchor' || type === 'tag');
    const propsEnd = props.length > 0 ? endOfSource(props.at(-1) as SourceToken) : colon;
    const inner = token.value;
    if (!inner || isEmptyScalar(inner)) return {at: [colon, propsEnd], lead: ' '};
    if (inner.type === 'block-map' || inner.type === 'block-seq')
      return {at: [colon, propsEnd], lead: ' ', body: [this.endOfLine(propsEnd), this.endOfLine(endOf(inner))]};
    const hasTag = props.some(({type}) => type === 'tag');
    const quotes = isScalar(value) ? QUOTES[value.type ?? ''] : undefined;
    return {at: [hasTag ? (props[0] as SourceToken).offset : inner.offset, endOf(inner)], ...(quotes && {quotes})};
  }

  /** Its lines, from the break before them on; not for a first key that shares its line with something. */
  private cutInBlock(token: Token): [number, number] | undefined {
    const start = startOf(token);
    const lineStart = this.text.lastIndexOf('\n', start - 1) + 1;
    if (lineStart === 0 || this.text.slice(lineStart, start).trim() !== '' || hasExplicitKey(token)) return undefined;
    const end = this.endOfLine(endOfPair(token));
    if (!this.isRestOfLine(endOfPair(token), end)) return undefined;
    return end === this.text.length ? [lineStart, end] : [lineStart - (this.text[lineStart - 2] === '\r' ? 2 : 1), end];
  }

  /** Whether the line after the one that ends here is no comment and not empty; the end of the file is fine too. */
  private isFollowedByKey(endOfLine: number): boolean {
    const lineStart = this.text.indexOf('\n', endOfLine) + 1;
    if (lineStart === 0 || lineStart === this.text.length) return true;
    return /^\s*[^\s#]/.test(this.text.slice(lineStart, this.endOfLine(lineStart)));
  }

  private cutInFlow(token: Token, previous: Token | undefined): [number, number] | undefined {
    if (!previous) return undefined;
    const start = endOfPair(previous);
    const end = endOfPair(token);
    return /^\s*,[ \t]*$/.test(this.text.slice(start, startOf(token))) && !hasExplicitKey(token)
      ? [start, end]
      : undefined;
  }

  private insertionInFlow(flow: CST.FlowCollection, json: boolean): Insertion {
    const pairs = flow.items.filter(({key, value, sep}) => key || value || sep?.length);
    const last = pairs.at(-1);
    if (!last) return {at: flow.start.offset + 1, before: ', ', first: true, ...(json && {json: true})};
    return {at: endOfPair(last as Token), before: ', ', ...(json && {json: true})};
  }

  /** After the key `after`, else after the title or id, else after the last key that ends on a line of its own. */
  private insertionInBlock(map: MapNode, after: string | undefined): Insertion | undefined {
    const pairs = map.items.filter(({srcToken}) => srcToken && this.endsItsLine(srcToken));
    const named = (key: string | undefined) =>
      pairs.find(pair => key !== undefined && this.source.keyText(pair.key) === key);
    const sibling =
      named(after) ?? (after === undefined ? pairs.at(-1) : (named('title') ?? named('id') ?? pairs.at(-1)));
    return this.insertionBehind(map, sibling);
  }

  /** In a person's map also after a map or list, or else before his first key. */
  private insertionInInner(map: MapNode, after: string | undefined, state: readonly string[]): Insertion | undefined {
    const pairs = map.items.filter(({srcToken}) => srcToken && this.endsItsLine(srcToken, true));
    const isKey = (pair: Pair, key: string | undefined) => key !== undefined && this.source.keyText(pair.key) === key;
    const behind = this.insertionBehind(map, pairs.find(pair => isKey(pair, after)) ?? pairs.at(-1));
    if (behind) return behind;
    const first = map.items.find(pair => !state.some(key => isKey(pair, key)))?.srcToken;
    if (!first || hasExplicitKey(first)) return undefined;
    const at = startOf(first);
    return {at, before: '', after: `${this.lineBreakAt(this.endOfLine(at))}${' '.repeat(this.columnOf(at))}`};
  }

  private insertionBehind(map: MapNode, sibling: Pair | undefined): Insertion | undefined {
    const first = map.items[0]?.srcToken;
    if (!sibling?.srcToken || !first) return undefined;
    const at = this.endOfLine(endOfPair(sibling.srcToken));
    return {at, before: `${this.lineBreakAt(at)}${' '.repeat(this.columnOf(startOf(first)))}`};
  }

  /** @param isInner What is below the key may take lines of its own, but for a text that keeps all lines behind it. */
  private endsItsLine(token: Token, isInner = false): boolean {
    const {value} = token;
    if (hasExplicitKey(token) || colonEnd(token) === undefined) return false;
    if (isInner ? endsInKeptLines(value) : value && BLOCKS.includes(value.type)) return false;
    const end = endOfPair(token);
    return this.isRestOfLine(end, this.endOfLine(end));
  }

  private isRestOfLine(start: number, end: number): boolean {
    return /^[ \t]*(?:[ \t]#.*)?$/s.test(this.text.slice(start, end));
  }

  /** Where the line that an offset is in ends, before its break. */
  private endOfLine(offset: number): number {
    const end = this.text.indexOf('\n', offset);
    if (end < 0) return this.text.length;
    return end > offset && this.text[end - 1] === '\r' ? end - 1 : end;
  }

  private lineBreakAt(offset: number): string {
    if (offset < this.text.length) return this.text[offset] === '\r' ? '\r\n' : '\n';
    return this.text.includes('\r\n') ? '\r\n' : '\n';
  }

  private columnOf(offset: number): number {
    const lineStart = this.text.lastIndexOf('\n', offset - 1) + 1;
    return offset - lineStart - (lineStart === 0 && this.text.startsWith('\uFEFF') ? 1 : 0);
  }
}

const BLOCKS: readonly string[] = ['block-scalar', 'block-map', 'block-seq'];

/** Whether keys and texts of a map are in double quotes; an empty one is like the map round it. */
function isJson({items: [first]}: MapNode, outer = false): boolean {
  return first ? isScalar(first.key) && first.key.type === Scalar.QUOTE_DOUBLE : outer;
}

function isNothing(value: unknown): boolean {
  return value === null || (isScalar(value) && value.value === null);
}

/** Fields that cannot be written, those of inner maps with the way to them. */
function fixedKeys({fixed = [], maps = {}}: MapLayout): string[] {
  return [
    ...fixed,
    ...Object.entries(maps).flatMap(([key, inner]) => fixedKeys(inner).map(below => `${key}.${below}`)),
  ];
}

const FROZEN = (keys: readonly string[]): MapLayout => ({fields: {}, fixed: [...keys]});

const QUOTES: Readonly<Record<string, 'single' | 'double'>> = {
  [Scalar.QUOTE_SINGLE]: 'single',
  [Scalar.QUOTE_DOUBLE]: 'double',
};

function toJson(value: unknown): Json | undefined {
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return undefined;
  if (typeof value !== 'object' || value === null) return value as Json | undefined;
  try {
    return JSON.parse(
      JSON.stringify(value, (_, entry) => {
        if (typeof entry === 'bigint' || (typeof entry === 'number' && !Number.isFinite(entry))) throw new NotJson();
        return entry;
      }),
    ) as Json;
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

class NotJson extends Error {}
