// Values as YAML on one line.

export type Values = Record<string, unknown>;

// Letters first, so that it is no number, date or indicator; words that YAML, old or new, takes for something else apart.
const PLAIN = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[a-z][\w./-]*(?: [\w./-]+)*$/i;
// A time is a text in YAML 1.2 and needs no quotes to stay one.
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** A value in the quotes that stand there, as far as they can hold it. */
export function quoted(value: unknown, quotes: 'single' | 'double' | undefined): string {
  if (quotes === 'double') return jsonText(value);
  if (quotes === 'single' && typeof value === 'string' && /^[ -~]*$/.test(value))
    return `'${value.replaceAll("'", "''")}'`;
  return valueText(value);
}

/** A value on one line. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return PLAIN.test(value) || TIME.test(value) ? value : jsonText(value);
  if (Array.isArray(value)) return `[${value.map(entry => valueText(entry ?? null)).join(', ')}]`;
  if (!isMap(value)) return jsonText(value);
  return `{${definedEntries(value)
    .map(([key, entry]) => `${keyText(key)}: ${valueText(entry)}`)
    .join(', ')}}`;
}

/** The key of a pair. */
export function keyText(key: string): string {
  return PLAIN.test(key) ? key : jsonText(key);
}

/** JSON, with everything escaped that YAML does not allow or takes for a line break. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** All but what is undefined, which no text says. */
export function definedEntries(value: Values): Array<[string, unknown]> {
  return Object.entries(value).filter(([, entry]) => entry !== undefined);
}
