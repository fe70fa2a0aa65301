// What Claude Code has used: as its results say, and by the public prices until there is one.

import type {Usage} from '../../events/details/driver.ts';
import {type Json, numberOf, objectOf, sumOf, textOf} from '../json-line.ts';

const TOKENS = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'];

/** All tokens of an answer, those from the provider's cache among them. */
export function tokensOf(usage: Json | undefined): number {
  return sumOf(usage, ...TOKENS);
}

/**
 * Tokens and turns are those of each result. `total_cost_usd` is of the process or of the whole conversation, which
 * differs between versions; what has come since the last result is said by newer ones.
 */
export function addResult(before: Usage | undefined, event: Json): Usage {
  const models = objectOf(event.model_usage_since_last_result);
  const recent =
    models && Object.values(models).reduce<number>((sum, model) => sum + sumOf(objectOf(model), 'costUSD'), 0);
  const usd = recent === undefined ? numberOf(event.total_cost_usd) : (before?.usd ?? 0) + recent;
  return {
    ...(usd !== undefined && {usd}),
    tokens: (before?.tokens ?? 0) + tokensOf(objectOf(event.usage)),
    turns: (before?.turns ?? 0) + sumOf(event, 'num_turns'),
  };
}

/** Usd for a million tokens of input, by what the model's name contains; else the dearest, that of Opus. */
const PRICES: Array<[family: string, usd: number]> = [
  ['haiku', 1],
  ['sonnet', 3],
];
const DEAREST = 5;
/** In prices of input. */
const FACTORS = {input_tokens: 1, cache_creation_input_tokens: 1.25, cache_read_input_tokens: 0.1};
const OUTPUT_FACTOR = 5;
const CHARACTERS_PER_TOKEN = 4;

/**
 * What an event of an answer has cost in usd by the public prices; its output is measured by what it says.
 * @param usage As it was when the answer began; undefined where another event of the answer had it.
 */
export function priceOf({model, content}: Json, usage: Json | undefined): number {
  const price = PRICES.find(([family]) => textOf(model)?.includes(family))?.[1] ?? DEAREST;
  const input = Object.entries(FACTORS).reduce((sum, [name, factor]) => sum + factor * sumOf(usage, name), 0);
  const said = JSON.stringify(content ?? '').length / CHARACTERS_PER_TOKEN;
  return ((input + OUTPUT_FACTOR * Math.max(said, sumOf(usage, 'output_tokens'))) * price) / 1e6;
}
