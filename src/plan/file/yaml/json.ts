import type {Json} from '../../layout.ts';

/** A value as JSON has it; undefined for one that JSON has no way to write: an integer beyond the safe ones, an infinity. */
export function toJson(value: unknown): Json | undefined {
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
