// Data against a schema; what does not fit becomes problems with a place and a way out.

import type * as z from 'zod';
import {didYouMean} from '../suggest.ts';
import type {Position, ProblemCode, Problems} from './problems.ts';
import type {Data} from './yaml/data.ts';
import type {Path, YamlSource} from './yaml/source.ts';

/** Where a piece of data stands, and how to speak of it. */
export interface Spot {
  source: YamlSource;
  path: Path;
  /** Such as ` of task `build``, put after the name of a key; empty at the top. */
  owner: string;
}

/** Keys whose number somebody forgot the unit of. */
const DURATIONS: readonly unknown[] = ['timeout', 'silent', 'verify_timeout', 'every'];

/** Keys of checks, which are commands. */
const CHECKS: readonly unknown[] = ['verify', 'verify_final'];
/** Maps that people take for a single value, and the key that they mean. */
const ONE_VALUE: Readonly<Record<string, string>> = {
  budget: 'usd',
  dependencies: 'requires',
  git: 'sync',
  kiro_workflow: 'enabled',
  review: 'driver',
  workspace: 'setup',
};

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
  const at = positionOf(path, spot);
  if (value === undefined) {
    problems.error('MISSING_KEY', `${subject} is missing`, at);
    return;
  }
  const {code, must, hint} = requirement(issue, value);
  // Of what is wrong as a whole, or empty, there is nothing more to say.
  const isSaid = must.startsWith('not ') || code === 'BAD_PHASE_WEIGHTS';
  const found = isSaid ? '' : `, not ${describe(value)}`;
  problems.error(code, `${subject} must ${must.replace(/^must /, '')}${found}`, at, hint);
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
      return wrongType(issue.expected, value, issue.path);
    default:
      return {code: 'BAD_VALUE', must: `be valid (${issue.message})`};
  }
}

function wrongType(
  expected: string,
  value: unknown,
  path: readonly PropertyKey[],
): {code: ProblemCode; must: string; hint?: string | undefined} {
  if (expected === 'number' || expected === 'int' || expected === 'nan') {
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    const must = `be a${expected === 'int' ? ' whole' : ''} number`;
    return {
      code: isNumber ? 'BAD_NUMBER' : 'WRONG_TYPE',
      must: isNumber && expected !== 'int' ? `${must} of usual size` : must,
    };
  }
  const key = path.at(-1);
  const isScalar = typeof value !== 'object';
  if (expected === 'string') {
    if (value === false && CHECKS.includes(key))
      return {
        code: 'WRONG_TYPE',
        must: 'be a command',
        hint: `\`${String(key)}: none\` switches an inherited check off`,
      };
    const bare = typeof value === 'number' || typeof value === 'boolean';
    if (bare && DURATIONS.includes(key))
      return {code: 'BAD_DURATION', must: 'be a number and a unit', hint: `write \`${value}s\``};
    return {code: 'WRONG_TYPE', must: 'be a text', hint: bare ? `put it in quotes: \`"${value}"\`` : undefined};
  }
  if (expected === 'array')
    return {code: 'WRONG_TYPE', must: 'be a list', hint: isScalar ? `write it as a list: \`[${value}]\`` : undefined};
  if (expected === 'boolean') return {code: 'WRONG_TYPE', must: 'be `true` or `false`'};
  return {code: 'WRONG_TYPE', must: 'be a map of keys and values', hint: asMap(value, path)};
}

/** How a map is written of which somebody has written the one value that he meant. */
function asMap(value: unknown, path: readonly PropertyKey[]): string | undefined {
  const [parent, key] = [path.at(-2), path.at(-1)];
  const inner = parent === 'approval_gates' ? 'required' : ONE_VALUE[String(key)];
  if (inner === undefined || (key === 'dependencies') !== Array.isArray(value)) return undefined;
  return `write \`${String(key)}: {${inner}: ${Array.isArray(value) ? `[${value.join(', ')}]` : value}}\``;
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

function positionOf(path: Path, {source, path: base}: Spot): Position | undefined {
  const older = path[0] === 'estimated_hours' && !source.nodeAt([...base, ...path]);
  return source.positionAt([...base, ...(older ? ['hours'] : path)]);
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, step) => (value as Data | undefined)?.[step as string], data);
}

export function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
