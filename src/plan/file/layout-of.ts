// Works out, while a plan is read, where its state fields stand in the text and where new ones go. Whatever could not
// be written without changing something else is left out, with a warning.

import {type CST, isMap, isScalar, type Node, type Pair, Scalar} from 'yaml';
import type {FieldLayout, Layout, MapLayout, TaskLayout} from '../layout.ts';
import {
  MAP_FIELDS,
  MILESTONE_FIELDS,
  NESTED_FIELDS,
  type StateMap,
  TASK_FIELDS,
  TASK_STATE_MAPS,
} from '../state-field-names.ts';
import {Cuts} from './cuts.ts';
import type {RawTask} from './imported.ts';
import {Insertions} from './insertions.ts';
import type {Problems} from './problems.ts';
import {toJson} from './yaml/json.ts';
import {TextLines} from './yaml/lines.ts';
import {isMergePair, type MapNode} from './yaml/node.ts';
import type {YamlSource} from './yaml/source.ts';
import {
  colonEnd,
  endOf,
  endOfSource,
  endsInBlockScalar,
  isEmptyScalar,
  type SourceToken,
  type Token,
} from './yaml/tokens.ts';

/** The layout of a plan whose root is a map and whose tasks are maps. */
export function layoutOf(source: YamlSource, tasks: readonly RawTask[], problems: Problems): Layout {
  return new LayoutReader(source, tasks, problems).read();
}

class LayoutReader {
  private readonly text: string;
  private readonly lines: TextLines;
  private readonly insertions: Insertions;
  /** Nodes that an alias names, and all that they are part of. */
  private readonly named = new Set<Node>();
  private readonly cuts: Cuts;

  constructor(
    private readonly source: YamlSource,
    private readonly tasks: readonly RawTask[],
    private readonly problems: Problems,
  ) {
    this.text = source.text;
    this.lines = new TextLines(source.text);
    this.insertions = new Insertions(source, this.lines);
    this.cuts = new Cuts(this.lines);
    for (const node of source.references.keys())
      for (let at: Node | undefined = node; at && !this.named.has(at); at = source.parents.get(at)) this.named.add(at);
  }

  read(): Layout {
    const root = this.source.root as MapNode;
    const milestone = this.readMap(root, MILESTONE_FIELDS, {after: 'status'});
    this.warnOfFixed(milestone, 'the milestone', root);
    const tasks = this.tasks.map(task => this.readTask(task));
    this.cuts.keepTextsApart();
    return {length: this.text.length, milestone, tasks};
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
      if (field && !style.flow) this.cuts.add(field, followsText);
      if (!field?.cut) followsText = false;
      if (field) fields[key as string] = field;
      else if (isState) fixed.push(key);
    }
    const insert = style.flow
      ? this.insertions.inFlow(style.flow, json)
      : inner
        ? this.insertions.inInner(map, after, Object.keys(fields))
        : this.insertions.inBlock(map, after);
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
    const cut = style.flow ? this.cuts.inFlow(token, previous) : this.cuts.inBlock(token);
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
      return {
        at: [colon, propsEnd],
        lead: ' ',
        body: [this.lines.endOfLine(propsEnd), this.lines.endOfLine(endOf(inner))],
      };
    const hasTag = props.some(({type}) => type === 'tag');
    const quotes = isScalar(value) ? QUOTES[value.type ?? ''] : undefined;
    return {at: [hasTag ? (props[0] as SourceToken).offset : inner.offset, endOf(inner)], ...(quotes && {quotes})};
  }
}

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
