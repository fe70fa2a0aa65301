import {isScalar, type Pair, Scalar, type YAMLMap} from 'yaml';

export type MapNode = YAMLMap<unknown, unknown>;

/** Whether a pair is `<<: source`; a quoted `"<<"` is a key like any other. */
export function isMergePair({key}: Pair): boolean {
  return isScalar(key) && key.value === '<<' && key.type === Scalar.PLAIN;
}
