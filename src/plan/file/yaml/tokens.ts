// Where the parts of a YAML text begin and end, by the tokens of its parser.

import type {CST, Pair} from 'yaml';

/** A pair of a map as the parser saw it. */
export type Token = NonNullable<Pair<unknown, unknown>['srcToken']>;
export type SourceToken = CST.SourceToken;

export function startOf(token: Token): number {
  const first = token.start.find(({type}) => ['anchor', 'tag', 'explicit-key-ind'].includes(type));
  return first?.offset ?? token.key?.offset ?? colonOf(token)?.offset ?? 0;
}

export function endOfPair(token: Token): number {
  if (token.value && !isEmptyScalar(token.value)) return endOf(token.value);
  const props = (token.sep ?? []).filter(({type}) => ['anchor', 'tag', 'map-value-ind'].includes(type));
  if (props.length > 0) return endOfSource(props.at(-1) as SourceToken);
  return token.key ? endOf(token.key) : endOfSource(token.start.at(-1) as SourceToken);
}

/** Where what a token says ends: before comments and line breaks that follow. */
export function endOf(token: CST.Token): number {
  switch (token.type) {
    case 'block-scalar':
      return token.offset + headLength(token) + token.source.trimEnd().length;
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

/** Length of a block scalar's first line: `|`, and what follows, if there is a text, up to that. */
function headLength({props, source}: CST.BlockScalar): number {
  const head = source.trim() === '' ? props.filter(({type}) => type === 'block-scalar-header') : props;
  return head.reduce((sum, prop) => sum + ('source' in prop ? prop.source.length : 0), 0);
}

/** Whether the empty lines behind it are a part of it (`|+`), or it has no line of its own yet. */
export function endsInKeptLines(token: CST.Token | null | undefined): boolean {
  if (token?.type === 'block-map' || token?.type === 'block-seq') {
    const last = (token.items as CST.BlockMap['items']).findLast(({key, sep, value}) => key || sep || value);
    return endsInKeptLines(last?.value);
  }
  if (token?.type !== 'block-scalar') return false;
  const header = token.props.find(({type}) => type === 'block-scalar-header');
  return (header && 'source' in header && header.source.includes('+')) || token.source.trim() === '';
}

export function endsInBlockScalar(token: CST.Token | null | undefined): boolean {
  if (token?.type !== 'block-map' && token?.type !== 'block-seq') return token?.type === 'block-scalar';
  // The last item may be one that only has comments.
  const last = (token.items as CST.BlockMap['items']).findLast(({key, sep, value}) => key || sep || value);
  return endsInBlockScalar(last?.value);
}

export function endOfSource({offset, source}: SourceToken): number {
  return offset + source.length;
}

function colonOf(token: Token): SourceToken | undefined {
  return token.sep?.find(({type}) => type === 'map-value-ind');
}

export function colonEnd(token: Token): number | undefined {
  const colon = colonOf(token);
  return colon && endOfSource(colon);
}

export function hasExplicitKey(token: Token): boolean {
  return token.start.some(({type}) => type === 'explicit-key-ind');
}

export function isEmptyScalar(token: CST.Token): boolean {
  return token.type === 'scalar' && token.source === '';
}
