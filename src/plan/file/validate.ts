// Data against a schema; what does not fit becomes problems with a place and a way out.

import * as z from 'zod';
import {didYouMean} from '../suggest.ts';
import type {Place, ProblemCode, Problems} from './problems.ts';
import type {Data, Path, YamlSource} from './yaml-source.ts';

/** Where a piece of data stands, and how to speak of it. */
export interface Spot {
  source: YamlSource;
  path: Path;
  /** Such as ` of task `build``, put after the name of a key; empty at the top. */
  owner: string;
}

/** Keys whose number somebody forgot the unit of. */
const DURATIONS: readonly unknown[] = ['timeout', 'silent', 'verify_timeout', 'every'];

type Issue = z.core.$ZodIssue;

/**
 * Check data that a person wrote against a schema.
 * @returns The data with known keys only, or `undefined` when something does not fit (recorded).
 */
export function validate<T>(schema: z.ZodType<T>, data: unknown, spot: Spot, problems: Problems): T | undefined {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  for (const issue of result.error.issues) report(issue, valueAt(data, issue.path), spot, problems);
  return undefined;
}

function report(issue: Issue, value: unknown, spot: Spot, problems: Problems): void {
  const path = issue.path as Array<string | number>;
  const subject = `\`${nameOf(path)}\`${spot.owner}`;
  const at = placeOf(path, spot);
  if (value === undefined) {
    problems.error('MISSING_KEY', `${subject} is missing`, at);
    return;
  }
  const {code, must, hint} = requirement(issue, value);
  problems.error(code, `${subject} must ${must.replace(/^must /, '')}, not ${describe(value)}`, at, hint);
}

function requirement(issue: Issue, value: unknown): {code: ProblemCode; must: string; hint?: string | undefined} {
  switch (issue.code) {
    case 'custom': {
      const code = (issue.params?.code ?? 'BAD_VALUE') as ProblemCode;
      const hint = code === 'BAD_DURATION' && /^\d+$/.test(String(value)) ? `write \`${value}s\`` : undefined;
      return {code, must: issue.message, hint};
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      const hint = typeof value === 'string' ? didYouMean(value, values) : undefined;
      return {code: 'BAD_VALUE', must: `be one of ${values.map(entry => `\`${entry}\``).join(', ')}`, hint};
    }
    case 'too_small':
      return {code: codeOfBound(issue.origin), must: bound(issue.origin, 'least', issue.minimum, issue.inclusive)};
    case 'too_big':
      return {code: codeOfBound(issue.origin), must: bound(issue.origin, 'most', issue.maximum, issue.inclusive)};
    case 'invalid_key':
      return {code: 'BAD_VALUE', must: issue.issues[0]?.message ?? 'have valid keys'};
    case 'invalid_type':
      return wrongType(issue.expected, value, issue.path.at(-1));
    default:
      return {code: 'BAD_VALUE', must: `be valid (${issue.message})`};
  }
}

function wrongType(
  expected: string,
  value: unknown,
  key: unknown,
): {code: ProblemCode; must: string; hint?: string | undefined} {
  if (expected === 'number' || expected === 'int' || expected === 'nan') {
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    const must = `be a${expected === 'int' ? ' whole' : ''} number`;
    return {
      code: isNumber ? 'BAD_NUMBER' : 'WRONG_TYPE',
      must: isNumber && expected !== 'int' ? `${must} of usual size` : must,
    };
  }
  const isScalar = typeof value !== 'object';
  if (expected === 'string') {
    const bare = typeof value === 'number' || typeof value === 'boolean';
    if (bare && DURATIONS.includes(key))
      return {code: 'BAD_DURATION', must: 'be a number and a unit', hint: `write \`${value}s\``};
    return {code: 'WRONG_TYPE', must: 'be a text', hint: bare ? `put it in quotes: \`"${value}"\`` : undefined};
  }
  if (expected === 'array')
    return {code: 'WRONG_TYPE', must: 'be a list', hint: isScalar ? `write it as a list: \`[${value}]\`` : undefined};
  if (expected === 'boolean') return {code: 'WRONG_TYPE', must: 'be `true` or `false`'};
  return {code: 'WRONG_TYPE', must: 'be a map of keys and values'};
}

function codeOfBound(origin: string): ProblemCode {
  return origin === 'number' || origin === 'int' ? 'BAD_NUMBER' : 'BAD_VALUE';
}

function bound(origin: string, side: 'least' | 'most', limit: unknown, inclusive: boolean | undefined): string {
  if (origin === 'string') return side === 'least' ? 'not be empty' : `have at ${side} ${limit} characters`;
  if (origin === 'array') return `have at ${side} ${limit} entries`;
  if (inclusive === false) return `be ${side === 'least' ? 'more' : 'less'} than ${limit}`;
  return `be at ${side} ${limit}`;
}

/** What a person would call a value. */
export function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (value === '') return 'an empty text';
  const text = String(value);
  return `\`${text.length > 40 ? `${text.slice(0, 40)}…` : text}\``;
}

function nameOf(path: ReadonlyArray<string | number>): string {
  return path.reduce<string>(
    (name, step) => (typeof step === 'number' ? `${name}[${step}]` : name === '' ? step : `${name}.${step}`),
    '',
  );
}

function placeOf(path: Path, {source, path: base}: Spot): Place | undefined {
  const older = path[0] === 'estimated_hours' && !source.nodeAt([...base, ...path]);
  return source.placeAt([...base, ...(older ? ['hours'] : path)]);
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, step) => (value as Data | undefined)?.[step as string], data);
}

/** Keys that a schema does not know, gathered so that a key used everywhere is reported once. */
export class UnknownKeys {
  private readonly seen = new Map<string, {message: string; at: Place | undefined; hint: string; times: number}>();

  constructor(
    private readonly source: YamlSource,
    /** Older names and misplaced keys: hints by key. */
    private readonly hints: Readonly<Record<string, string>>,
  ) {}

  /** @param kind Such as `a task`, for the message. */
  collect(schema: z.ZodType, data: unknown, path: Path, kind: string, alsoKnown: readonly string[] = []): void {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodArray && Array.isArray(data))
      for (const [index, entry] of data.entries())
        this.collect(inner.element as z.ZodType, entry, [...path, index], kind);
    if (!(inner instanceof z.ZodObject) || !isData(data)) return;
    for (const [key, value] of Object.entries(data)) {
      const known = inner.shape[key] as z.ZodType | undefined;
      if (known && typeof value === 'object') this.collect(known, value, [...path, key], `\`${key}\``);
      else if (!known && !alsoKnown.includes(key)) this.add(key, Object.keys(inner.shape), path, kind);
    }
  }

  report(problems: Problems): void {
    for (const {message, at, hint, times} of this.seen.values())
      problems.warn('UNKNOWN_KEY', times > 1 ? `${message} (${times} times)` : message, at, hint);
  }

  private add(key: string, known: string[], path: Path, kind: string): void {
    const entry = this.seen.get(`${kind} ${key}`);
    if (entry) {
      entry.times++;
      return;
    }
    this.seen.set(`${kind} ${key}`, {
      message: `milestone does not know the key \`${key}\` of ${kind}; it is kept`,
      at: this.source.placeOfKey(path, key),
      hint: didYouMean(key, known) ?? (path.length === 0 ? this.hints[key] : undefined) ?? 'it has no effect',
      times: 1,
    });
  }
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap() as z.ZodType) : schema;
}

export function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
