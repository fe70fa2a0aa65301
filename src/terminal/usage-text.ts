import type {Usage} from '../events/event.ts';

/** What is known of a usage; a cost that nobody knows is not 0. */
export function usageText({usd, tokens, turns, minutes}: Usage): string {
  const said = [
    usd !== undefined && `${usd.toFixed(2)} usd`,
    tokens !== undefined && `${tokens} tokens`,
    turns !== undefined && `${turns} turns`,
    minutes !== undefined && `${minutes.toFixed(1)} minutes`,
  ].filter(Boolean);
  return said.length > 0 ? said.join(', ') : 'unknown';
}
