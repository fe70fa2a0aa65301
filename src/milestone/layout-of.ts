// Works out, while a plan is read, where its state fields stand in the text and where new ones go. Whatever could not
// be written without changing something else is left out, with a warning.

import {type CST, isMap, isScalar, type Node, type Pair, Scalar} from 'yaml';
import type {RawTask} from './imported.ts';
import {
  type FieldLayout,
  type Insertion,
  type Json,
  type Layout,
  MAP_FIELDS,
  type MapLayout,
  type MergeSource,
  MILESTONE_FIELDS,
  NESTED_FIELDS,
  TASK_FIELDS,
  type TaskLayout,
} from './layout.ts';
import type {Problems} from './problems.ts';
import {isData} from './validate.ts';
import {isMergePair, type MapNode, type YamlSource} from './yaml-source.ts';

/** A pair of a map as the parser saw it. */
type Token = NonNullable<Pair<unknown, unknown>['srcToken']>;
type SourceToken = CST.SourceToken;

/** The layout of a plan whose root is a map and whose tasks are maps. */
export function layoutOf(source: YamlSource, tasks: readonly RawTask[], problems: Problems): Layout {
  return new LayoutReader(source, tasks, problems).read();
}

class LayoutReader {
  private readonly text: string;
  private readonly maps: Array<MapNode | undefined>;
  private readonly indexOf: Map<Node, number>;

  constructor(
    private readonly source: YamlSource,
    private readonly tasks: readonly RawTask[],
    private readonly problems: Problems,
  ) {
    this.text = source.text;
    this.maps = tasks.map(({path}) => {
      const node = source.target(source.nodeAt(path));
      return isMap(node) ? (node as MapNode) : undefined;
    });
    this.indexOf = new Map(this.maps.flatMap((map, index) => (map ? [[map, index] as const] : [])));
  }

  read(): Layout {
    const root = this.source.root as MapNode;
    const milestone = this.isShared(root) ? FROZEN(MILESTONE_FIELDS) : this.readMap(root, MILESTONE_FIELDS, 'status');
    this.warnOfFixed(milestone, 'the milestone', root);
    return {length: this.text.length, milestone, tasks: this.tasks.map((task, index) => this.readTask(task, index))};
  }

  private readTask({id = '', path}: RawTask, index: number): TaskLayout {
    const map = this.maps[index];
    const isWritable = map && this.isOwn(map, this.source.nodeAt(path));
    const layout = isWritable ? this.readMap(map, TASK_FIELDS, 'status') : FROZEN(TASK_FIELDS);
    this.warnOfFixed(layout, `task \`${id}\``, map);
    return {id, ...layout};
  }

  private warnOfFixed({fixed}: MapLayout, owner: string, node: Node | undefined): void {
    if (!fixed) return;
    const fields = fixed.map(key => `\`${key}\``).join(', ');
    this.problems.warn(
      'STATE_NOT_WRITABLE',
      `the state of ${owner} cannot be kept up to date in this file (${fields}): that text is used elsewhere too, or written in an unusual way`,
      this.source.placeOfNode(node),
      'write it out without anchors; the log has the state in any case',
    );
  }

  /** Whether a task's map is used by this task alone, or merged into tasks, which are corrected for it. */
  private isOwn(map: MapNode, item: Node | null): boolean {
    const uses = this.source.references.get(map) ?? [];
    const allowed = uses.every(alias => alias === item || this.isMergedIntoTask(alias));
    return allowed && !this.isShared(this.source.parents.get(map));
  }

  /** Whether a node or anything that it is part of is named by an alias. */
  private isShared(node: Node | undefined): boolean {
    for (let at = node; at; at = this.source.parents.get(at)) if (this.source.references.has(at)) return true;
    return false;
  }

  private isMergedIntoTask(alias: Node): boolean {
    let holder = this.source.parents.get(alias);
    if (holder && !isMap(holder)) holder = this.source.parents.get(holder);
    if (!isMap(holder) || !this.indexOf.has(holder)) return false;
    const isDirect = (value: unknown) =>
      value === alias || (value as {items?: unknown[]} | null)?.items?.includes(alias);
    return (holder as MapNode).items.some(pair => isMergePair(pair) && isDirect(pair.value));
  }

  private readMap(map: MapNode, keys: readonly string[] | undefined, after?: string): MapLayout {
    const style = this.styleOf(map);
    if (!style) return FROZEN(keys ?? map.items.flatMap(({key}) => this.source.keyText(key) ?? []));
    const fields: Record<string, FieldLayout> = {};
    const fixed: string[] = [];
    let followsText = false;
    for (const [index, pair] of map.items.entries()) {
      const previous = map.items[index - 1]?.srcToken;
      const key = this.source.keyText(pair.key);
      const isState = key !== undefined && !isMergePair(pair) && (keys?.includes(key) ?? true);
      const field = isState ? this.readField(key, pair, previous, style) : undefined;
      followsText = endsInBlockScalar(previous?.value) || followsText;
      // What separates lines of text from a comment or an empty line below must stay, or these become part of the text.
      if (field?.cut && followsText && !style.flow && !this.isFollowedByKey(field.cut[1])) delete field.cut;
      if (!field?.cut) followsText = false;
      if (field) fields[key as string] = field;
      else if (isState) fixed.push(key);
    }
    const insert = style.flow ? this.insertionInFlow(map, style.flow) : this.insertionInBlock(map, after);
    if (!insert) fixed.push(...(keys ?? []).filter(key => !fields[key] && !fixed.includes(key)));
    const merges = this.mergesOf(map);
    return {
      fields,
      ...(insert && {insert}),
      ...(merges.length > 0 && {merges}),
      ...(fixed.length > 0 && {fixed}),
    };
  }

  private styleOf(map: MapNode): {flow?: CST.FlowCollection} | undefined {
    const token = map.srcToken;
    if (token?.type === 'block-map') return {};
    return token?.type === 'flow-collection' && token.start.source === '{' ? {flow: token} : undefined;
  }

  private mergesOf(map: MapNode): MergeSource[] {
    return this.source.mergeSources(map).map(merged => {
      const task = this.indexOf.get(merged);
      if (task !== undefined) return {task};
      const fields = [...MILESTONE_FIELDS, ...TASK_FIELDS] as const;
      const values = fields.flatMap(key => {
        const value = this.valueOf(merged, key);
        return value === undefined ? [] : [[key, value] as const];
      });
      return {values: Object.fromEntries(values)};
    });
  }

  private valueOf(map: MapNode, key: string): Json | undefined {
    const data = this.source.dataOf(map);
    return isData(data) ? toJson(data[key]) : undefined;
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
    if (!token || colon === undefined || this.isNamed(value) || this.isNamed(pair.key as Node)) return undefined;
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

  /** Whether an alias names this value or anything in it. */
  private isNamed(node: Node | null): boolean {
    const {references} = this.source;
    if (references.size === 0 || node === null) return false;
    const stack: Array<Node | null> = [node];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (next === null) continue;
      if (references.has(next)) return true;
      if (isMap(next)) for (const {key, value} of next.items) stack.push(key as Node, value as Node);
      else if ('items' in next) stack.push(...((next as {items: Node[]}).items ?? []));
    }
    return false;
  }

  private nestedMap(key: string, value: Node | null): MapLayout | undefined {
    if (!MAP_FIELDS.includes(key) || !isMap(value)) return undefined;
    const map = this.readMap(value as MapNode, NESTED_FIELDS[key]);
    return map.insert && !map.fixed && !map.merges ? map : undefined;
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

  private insertionInFlow(map: MapNode, flow: CST.FlowCollection): Insertion | undefined {
    const pairs = flow.items.filter(({key, value, sep}) => key || value || sep?.length);
    const last = pairs.at(-1);
    const firstKey = map.items[0]?.key;
    const json = isScalar(firstKey) && firstKey.type === Scalar.QUOTE_DOUBLE;
    if (!last) return {at: flow.start.offset + 1, before: ', ', first: true};
    return {at: endOfPair(last as Token), before: ', ', ...(json && {json: true})};
  }

  /** After the key `after`, else after the title or id, else after the last key that ends on a line of its own. */
  private insertionInBlock(map: MapNode, after: string | undefined): Insertion | undefined {
    const pairs = map.items.filter(({srcToken}) => srcToken && this.endsItsLine(srcToken));
    const named = (key: string | undefined) =>
      pairs.find(pair => key !== undefined && this.source.keyText(pair.key) === key);
    const sibling = (
      named(after) ?? (after === undefined ? pairs.at(-1) : (named('title') ?? named('id') ?? pairs.at(-1)))
    )?.srcToken;
    const first = map.items[0]?.srcToken;
    if (!sibling || !first) return undefined;
    const at = this.endOfLine(endOfPair(sibling));
    return {at, before: `${this.lineBreakAt(at)}${' '.repeat(this.columnOf(startOf(first)))}`};
  }

  private endsItsLine(token: Token): boolean {
    const {value} = token;
    if (hasExplicitKey(token) || colonEnd(token) === undefined) return false;
    if (value && ['block-scalar', 'block-map', 'block-seq'].includes(value.type)) return false;
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

function startOf(token: Token): number {
  const first = token.start.find(({type}) => ['anchor', 'tag', 'explicit-key-ind'].includes(type));
  return first?.offset ?? token.key?.offset ?? colonOf(token)?.offset ?? 0;
}

function endOfPair(token: Token): number {
  if (token.value && !isEmptyScalar(token.value)) return endOf(token.value);
  const props = (token.sep ?? []).filter(({type}) => ['anchor', 'tag', 'map-value-ind'].includes(type));
  if (props.length > 0) return endOfSource(props.at(-1) as SourceToken);
  return token.key ? endOf(token.key) : endOfSource(token.start.at(-1) as SourceToken);
}

/** Where what a token says ends: before comments and line breaks that follow. */
function endOf(token: CST.Token): number {
  switch (token.type) {
    case 'block-scalar':
      return token.offset + propsLength(token) + token.source.trimEnd().length;
    case 'flow-collection':
      return endOfSource(token.end[0] as SourceToken);
    case 'block-map':
      return endOfPair(token.items.findLast(item => item.key || item.sep) as Token);
    case 'block-seq': {
      const last = token.items.findLast(({value, start}) => value || start.some(({type}) => type === 'seq-item-ind'));
      if (last?.value && !isEmptyScalar(last.value)) return endOf(last.value);
      return endOfSource(
        last?.start.findLast(({type}) => ['seq-item-ind', 'anchor', 'tag'].includes(type)) as SourceToken,
      );
    }
    default:
      return token.offset + ('source' in token ? token.source.length : 0);
  }
}

/** Length of a block scalar's first line: `|`, and what follows up to the text. */
function propsLength(token: CST.BlockScalar): number {
  return token.props.reduce((sum, prop) => sum + ('source' in prop ? prop.source.length : 0), 0);
}

function endsInBlockScalar(token: CST.Token | null | undefined): boolean {
  if (token?.type !== 'block-map' && token?.type !== 'block-seq') return token?.type === 'block-scalar';
  return endsInBlockScalar(token.items.at(-1)?.value);
}

function endOfSource({offset, source}: SourceToken): number {
  return offset + source.length;
}

function colonOf(token: Token): SourceToken | undefined {
  return token.sep?.find(({type}) => type === 'map-value-ind');
}

function colonEnd(token: Token): number | undefined {
  const colon = colonOf(token);
  return colon && endOfSource(colon);
}

function hasExplicitKey(token: Token): boolean {
  return token.start.some(({type}) => type === 'explicit-key-ind');
}

function isEmptyScalar(token: CST.Token): boolean {
  return token.type === 'scalar' && token.source === '';
}
