// Where a field that a map does not have yet goes in the text.

import type {CST, Pair} from 'yaml';
import type {Insertion} from '../layout.ts';
import type {TextLines} from './yaml/lines.ts';
import type {MapNode} from './yaml/node.ts';
import type {YamlSource} from './yaml/source.ts';
import {colonEnd, endOfPair, endsInKeptLines, hasExplicitKey, startOf, type Token} from './yaml/tokens.ts';

const BLOCKS: readonly string[] = ['block-scalar', 'block-map', 'block-seq'];

/** Places for new fields of maps; undefined where there is none. */
export class Insertions {
  constructor(
    private readonly source: YamlSource,
    private readonly lines: TextLines,
  ) {}

  /** At the end of a map in braces; `json`: keys and texts are in double quotes. */
  inFlow(flow: CST.FlowCollection, json: boolean): Insertion {
    const pairs = flow.items.filter(({key, value, sep}) => key || value || sep?.length);
    const last = pairs.at(-1);
    if (!last) return {at: flow.start.offset + 1, before: ', ', first: true, ...(json && {json: true})};
    return {at: endOfPair(last as Token), before: ', ', ...(json && {json: true})};
  }

  /** After the key `after`, else after the title or id, else after the last key that ends on a line of its own. */
  inBlock(map: MapNode, after: string | undefined): Insertion | undefined {
    const pairs = map.items.filter(({srcToken}) => srcToken && this.endsItsLine(srcToken));
    const named = (key: string | undefined) =>
      pairs.find(pair => key !== undefined && this.source.keyText(pair.key) === key);
    const sibling =
      named(after) ?? (after === undefined ? pairs.at(-1) : (named('title') ?? named('id') ?? pairs.at(-1)));
    return this.behind(map, sibling);
  }

  /** In a person's map also after a map or list, or else before his first key. */
  inInner(map: MapNode, after: string | undefined, state: readonly string[]): Insertion | undefined {
    const pairs = map.items.filter(({srcToken}) => srcToken && this.endsItsLine(srcToken, true));
    const isKey = (pair: Pair, key: string | undefined) => key !== undefined && this.source.keyText(pair.key) === key;
    const behind = this.behind(map, pairs.find(pair => isKey(pair, after)) ?? pairs.at(-1));
    if (behind) return behind;
    const first = map.items.find(pair => !state.some(key => isKey(pair, key)))?.srcToken;
    if (!first || hasExplicitKey(first)) return undefined;
    const at = startOf(first);
    return {
      at,
      before: '',
      after: `${this.lines.lineBreakAt(this.lines.endOfLine(at))}${' '.repeat(this.lines.columnOf(at))}`,
    };
  }

  private behind(map: MapNode, sibling: Pair | undefined): Insertion | undefined {
    const first = map.items[0]?.srcToken;
    if (!sibling?.srcToken || !first) return undefined;
    const at = this.lines.endOfLine(endOfPair(sibling.srcToken));
    return {at, before: `${this.lines.lineBreakAt(at)}${' '.repeat(this.lines.columnOf(startOf(first)))}`};
  }

  /** @param isInner What is below the key may take lines of its own, but for a text that keeps all lines behind it. */
  private endsItsLine(token: Token, isInner = false): boolean {
    const {value} = token;
    if (hasExplicitKey(token) || colonEnd(token) === undefined) return false;
    if (isInner ? endsInKeptLines(value) : value && BLOCKS.includes(value.type)) return false;
    const end = endOfPair(token);
    return this.lines.isRestOfLine(end, this.lines.endOfLine(end));
  }
}
