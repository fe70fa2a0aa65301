// Access to data of which nothing is certain: what an agent prints may be anything.

export type Json = Record<string, unknown>;

/** The object that a line is; undefined when it is no JSON, or no object. */
export function parseObject(line: string): Json | undefined {
  try {
    return objectOf(JSON.parse(line));
  } catch {
    return undefined;
  }
}

export function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** The objects of a list; none when it is no list. */
export function objectsOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf).filter(entry => entry !== undefined) : [];
}

/** Undefined for the empty text, too. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The sum of the values that are numbers under these names. */
export function sumOf(data: Json | undefined, ...names: string[]): number {
  return names.reduce((sum, name) => sum + (numberOf(data?.[name]) ?? 0), 0);
}

/** Text on one line, at most `length` characters long. */
export function shorten(text: string, length: number): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
