// A YAML text in which every value still knows its place. The library composes the nodes; what aliases name is resolved
// here, because it is bounded here.

import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLParseError,
} from 'yaml';
import {excerptOf} from '../../../errors.ts';
import type {Position, Problems} from '../problems.ts';
import {Conversion} from './data.ts';
import {explainYamlError} from './error.ts';
import {isMergePair, type MapNode} from './node.ts';

export type Path = ReadonlyArray<string | number>;

/** Larger plans (about 40,000 tasks) are refused before they are parsed. */
export const LARGEST_FILE_BYTES = 16 * 1024 * 1024;

/** Maps with more keys than this are looked up through an index. */
const LARGE_MAP = 32;
const MOST_SYNTAX_ERRORS = 20;

export class YamlSource {
  /** Each anchored node that an alias names, with those aliases. */
  readonly references = new Map<Node, Alias[]>();
  readonly parents = new Map<Node, Node>();
  private readonly targets = new Map<Alias, Node>();
  private readonly indexes = new Map<MapNode, Map<string | undefined, Pair>>();
  private readonly conversion: Conversion;
  private nodes = 0;

  private constructor(
    readonly text: string,
    readonly root: Node | null,
    private readonly lines: LineCounter,
    problems: Problems,
  ) {
    this.conversion = new Conversion(this, problems);
    if (root && text.includes('*')) this.resolveAliases(root); // else there is none
  }

  /** @returns `undefined` when the text is no YAML; the findings are recorded. */
  static parse(text: string, problems: Problems): YamlSource | undefined {
    const lines = new LineCounter();
    try {
      const document = parseDocument(text, {
        version: '1.2',
        schema: 'core',
        merge: false,
        intAsBigInt: true,
        keepSourceTokens: true,
        uniqueKeys: false,
        prettyErrors: false,
        logLevel: 'error',
        lineCounter: lines,
      });
      const position = (offset: number) => positionInText(text, lines, offset);
      for (const warning of document.warnings) {
        const {message, offset, hint} = explainYamlError(warning, text);
        problems.warn('YAML_WARNING', message, position(offset), hint);
      }
      for (const error of errorsByLine(document.errors, lines))
        if (error.code === 'RESOURCE_EXHAUSTION')
          problems.error('TOO_DEEP', 'values are nested too deeply', position(error.pos[0]));
        else {
          const {message, offset, hint} = explainYamlError(error, text);
          problems.error('YAML_SYNTAX', `not valid YAML: ${message}`, position(offset), hint);
        }
      if (document.errors.length > 0) return undefined;
      return new YamlSource(text, document.contents as Node | null, lines, problems);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.error('TOO_DEEP', 'values are nested too deeply');
      return undefined;
    }
  }

  /** The whole text as data; `undefined` when it cannot be (recorded). Integers beyond the safe ones are bigints. */
  data(): {value: unknown} | undefined {
    return this.conversion.whole(this.root, this.nodes);
  }

  /** A node of the text as data; `data()` must have succeeded. */
  dataOf(node: Node | null): unknown {
    return this.conversion.of(node);
  }

  /** The node that an alias names, else the node itself. */
  target(node: unknown): Node | null {
    return isAlias(node) ? (this.targets.get(node) ?? null) : (node as Node | null);
  }

  /** The value at a path, through aliases and merge keys. */
  nodeAt(path: Path): Node | null {
    return path.reduce<Node | null>((node, step) => this.child(node, step)?.value ?? null, this.root);
  }

  /** Where the value at a path stands, else the key, else the nearest place above it. */
  positionAt(path: Path): Position | undefined {
    let node = this.root;
    let position = this.positionOfNode(node);
    for (const step of path) {
      const child = this.child(node, step);
      if (!child) break;
      position =
        (isEmpty(child.value) ? undefined : this.positionOfNode(child.value)) ??
        this.positionOfNode(child.key) ??
        position;
      node = child.value;
    }
    return position;
  }

  /** Where a key stands in the map at a path. */
  positionOfKey(path: Path, key: string): Position | undefined {
    const child = this.child(this.nodeAt(path), key);
    return this.positionOfNode(child?.key ?? null) ?? this.positionAt(path);
  }

  positionOfNode(node: Node | null | undefined): Position | undefined {
    return node?.range ? positionOf(this.text, this.lines, node.range[0]) : undefined;
  }

  /** A place together with what stands there, for what makes a text unreadable. */
  positionInText(offset: number): Position {
    return positionInText(this.text, this.lines, offset);
  }

  /** The text of a scalar as it is written (`007`, `1.10`), of anything else its source on one line. */
  textAt(path: Path): string | undefined {
    const node = this.target(this.nodeAt(path));
    if (isScalar(node)) return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    if (!node?.range) return undefined;
    return this.text.slice(node.range[0], node.range[1]).trim().replace(/\s+/g, ' ');
  }

  /** The maps that a map merges in, the first one having the say. */
  mergeSources(map: MapNode): MapNode[] {
    return map.items.filter(isMergePair).flatMap(({value}) => {
      const source = this.target(value);
      return (isSeq(source) ? source.items.map(item => this.target(item)) : [source]).filter(isMap) as MapNode[];
    });
  }

  private child(parent: Node | null, step: string | number): {key: Node | null; value: Node | null} | undefined {
    const node = this.target(parent);
    if (isSeq(node)) {
      const value = node.items[Number(step)];
      return value === undefined ? undefined : {key: null, value: value as Node};
    }
    if (!isMap(node)) return undefined;
    const pair = this.pairOf(node as MapNode, String(step));
    if (pair) return {key: pair.key as Node, value: pair.value as Node | null};
    for (const source of this.mergeSources(node as MapNode)) {
      const found = this.child(source, step);
      if (found) return found;
    }
    return undefined;
  }

  /** The pair with a key, merged ones apart. */
  pairOf(map: MapNode, key: string): Pair | undefined {
    if (map.items.length <= LARGE_MAP) return map.items.find(pair => this.keyText(pair.key) === key);
    let index = this.indexes.get(map);
    if (!index) {
      index = new Map(map.items.map(pair => [this.keyText(pair.key), pair]));
      this.indexes.set(map, index);
    }
    return index.get(key);
  }

  /** The text of a map's key; `undefined` for a key that is no scalar. */
  keyText(key: unknown): string | undefined {
    const node = this.target(key);
    if (node === null) return '';
    if (!isScalar(node)) return undefined;
    return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
  }

  /** One walk in the order of the text: an anchor may be given again, and the latest one counts. */
  private resolveAliases(root: Node): void {
    const anchors = new Map<string, Node>();
    const stack: Array<{node: Node | null; parent: Node | undefined}> = [{node: root, parent: undefined}];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const {node, parent} = next;
      if (!node) continue;
      this.nodes++;
      if (parent) this.parents.set(node, parent);
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (!target) continue;
        this.targets.set(node, target);
        this.references.set(target, [...(this.references.get(target) ?? []), node]);
        continue;
      }
      const {anchor} = node as Scalar;
      if (anchor !== undefined) anchors.set(anchor, node);
      const inner: Node[] = isMap(node)
        ? (node as MapNode).items.flatMap(({key, value}) => [key as Node, value as Node])
        : isSeq(node)
          ? (node.items as Node[])
          : [];
      for (let index = inner.length - 1; index >= 0; index--) stack.push({node: inner[index] ?? null, parent: node});
    }
  }
}

function isEmpty(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null && !node.source);
}

function positionOf(text: string, lines: LineCounter, offset: number): Position {
  const {line, col} = lines.linePos(offset);
  return {line, column: line === 1 && text.startsWith('\uFEFF') ? Math.max(1, col - 1) : col};
}

/** A place together with what stands there, for what makes a text unreadable. */
function positionInText(text: string, lines: LineCounter, offset: number): Position {
  const position = positionOf(text, lines, offset);
  const start = lines.lineStarts[position.line - 1] ?? 0;
  const end = text.indexOf('\n', start);
  return {...position, ...excerptOf(text.slice(start, end < 0 ? text.length : end), position.column)};
}

/** Of several errors in one line the first says what is wrong. */
function errorsByLine(errors: readonly YAMLParseError[], lines: LineCounter): YAMLParseError[] {
  const first = new Map<number, YAMLParseError>();
  for (const [index, error] of errors.entries()) {
    // Behind an error of the structure the library takes every line that is left for one of its own.
    if (index > 0 && error.code === 'UNEXPECTED_TOKEN') continue;
    const {line} = lines.linePos(error.pos[0]);
    if (!first.has(line)) first.set(line, error);
  }
  return [...first.values()].slice(0, MOST_SYNTAX_ERRORS);
}
