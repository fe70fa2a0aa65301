// What the values of a YAML text are. Aliases, merge keys and duplicate keys are dealt with here, because they are
// bounded here.

import {type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair} from 'yaml';
import type {Position, Problems} from '../problems.ts';
import {hintForAlias} from './error.ts';
import {isMergePair, type MapNode} from './node.ts';

export type Data = Record<string, unknown>;

const DEEPEST = 100;
/** Values that aliases may add to those that are written out. */
const MOST_ALIASED = 1_000_000;

/** A value that cannot be turned into data; the finding is recorded already. */
class Unusable extends Error {}

/** What a conversion asks the text about its nodes. */
interface Nodes {
  text: string;
  references: ReadonlyMap<Node, Alias[]>;
  target(node: unknown): Node | null;
  keyText(key: unknown): string | undefined;
  positionOfNode(node: Node): Position | undefined;
  positionInText(offset: number): Position;
}

/** Turns nodes into data, each once. */
export class Conversion {
  private readonly converted = new Map<Node, {data: unknown; size: number}>();
  private readonly open = new Set<Node>();

  constructor(
    private readonly source: Nodes,
    private readonly problems: Problems,
  ) {}

  /**
   * All of a text.
   * @param nodes How many there are.
   * @returns `undefined` when it cannot be (recorded).
   */
  whole(root: Node | null, nodes: number): {value: unknown} | undefined {
    try {
      const {data, size} = this.convert(root, 0);
      if (this.source.references.size > 0 && size > nodes + MOST_ALIASED)
        this.refuse('TOO_MANY_ALIASES', 'aliases repeat too much', root);
      return {value: data};
    } catch (error) {
      if (error instanceof Unusable) return undefined;
      throw error;
    }
  }

  /** Of a text of which the whole was. */
  of(node: Node | null): unknown {
    return this.convert(node, 0).data;
  }

  private convert(node: Node | null, depth: number): {data: unknown; size: number} {
    if (node === null) return {data: null, size: 1};
    if (isScalar(node)) return {data: plainNumber(node.value), size: 1};
    const known = this.converted.get(node);
    if (known) return known;
    if (depth > DEEPEST) this.refuse('TOO_DEEP', `values are nested more than ${DEEPEST} levels deep`, node);
    if (this.open.has(node)) this.refuse('ALIAS_CYCLE', 'an alias names a value that it is itself part of', node);
    this.open.add(node);
    const result = isAlias(node)
      ? this.convertAlias(node, depth)
      : isSeq(node)
        ? this.convertList(node.items as Node[], depth)
        : this.convertMap(node as MapNode, depth);
    this.open.delete(node);
    this.converted.set(node, result);
    return result;
  }

  private convertAlias(alias: Alias, depth: number): {data: unknown; size: number} {
    const target = this.source.target(alias);
    if (!target)
      this.refuse('UNKNOWN_ALIAS', `there is no anchor \`&${alias.source}\` before this alias`, alias, hintForAlias);
    return this.convert(target as Node, depth + 1);
  }

  private convertList(items: Node[], depth: number): {data: unknown; size: number} {
    const entries = items.map(item => this.convert(item, depth + 1));
    return {data: entries.map(({data}) => data), size: entries.reduce((sum, {size}) => sum + size, 1)};
  }

  private convertMap(map: MapNode, depth: number): {data: unknown; size: number} {
    const data: Data = {};
    let size = 1;
    const seen = new Set<string>();
    for (const pair of map.items) {
      const value = this.convert(pair.value as Node | null, depth + 1);
      if (isMergePair(pair)) continue;
      size += value.size + 1;
      const key = this.source.keyText(pair.key);
      // A prototype is no data, and no key of ours is a list or a map.
      if (key === undefined || key === '__proto__') continue;
      if (seen.has(key))
        this.problems.error(
          'DUPLICATE_KEY',
          `the key \`${key}\` stands twice in one map`,
          this.source.positionOfNode(pair.key as Node),
          'remove one of the two',
        );
      seen.add(key);
      data[key] = value.data;
    }
    for (const pair of map.items.filter(isMergePair)) size += this.merge(data, pair, depth);
    return {data, size};
  }

  /** @returns How many values were merged in. */
  private merge(data: Data, {value}: Pair, depth: number): number {
    const node = this.source.target(value);
    const sources = isSeq(node) ? node.items.map(item => this.source.target(item)) : [node];
    let size = 0;
    for (const source of sources) {
      if (!isMap(source)) return this.refuse('BAD_MERGE', 'only maps can be merged with `<<`', value as Node);
      const merged = this.convert(source, depth + 1);
      size += merged.size;
      for (const [key, entry] of Object.entries(merged.data as Data)) if (!Object.hasOwn(data, key)) data[key] = entry;
    }
    return size;
  }

  private refuse(
    code: 'TOO_DEEP' | 'ALIAS_CYCLE' | 'UNKNOWN_ALIAS' | 'TOO_MANY_ALIASES' | 'BAD_MERGE',
    message: string,
    node: Node | null,
    hintAt?: (text: string, offset: number) => string | undefined,
  ): never {
    const [offset] = node?.range ?? [];
    const position = offset === undefined ? undefined : this.source.positionInText(offset);
    this.problems.error(code, message, position, offset === undefined ? undefined : hintAt?.(this.source.text, offset));
    throw new Unusable(message);
  }
}

function plainNumber(value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
