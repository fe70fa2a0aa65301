// Keys that a schema does not know. A plan may carry what it likes, and all of it is kept; but a key that somebody meant
// for one of ours would be passed over in silence, and change what is done and in which order.
//
//   near a known key, or another word for one ──────> error, did you mean
//   a setting of another level, with a fitting value ─> error, where it belongs
//   an approval that nobody would be asked for ──────> error, where it belongs
//   any other ───────────────────────────────────────> warning

import * as z from 'zod';
import {suggestId} from '../suggest.ts';
import type {Position, Problems} from './problems.ts';
import {milestoneStateShape, taskStateShape} from './schema.ts';
import {isData} from './validate.ts';
import type {Path, YamlSource} from './yaml/source.ts';

/** Other words for a key, in lower case and without separators; each changes what is done when nobody reads it. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  dependencies: ['dependson', 'depends', 'dependency', 'deps', 'needs', 'requires', 'blockedby', 'prerequisites'],
  run: ['command', 'cmd', 'script', 'exec'],
  kiro_workflow: ['kiro'],
  retries: ['retry', 'maxretries', 'retrycount'],
  touches: ['touch'],
};

/** Words of their own in plans of many kinds, however near they are to a key. */
const NOT_MISSPELT: readonly string[] = [
  'alerts',
  'arguments',
  'causes',
  'dates',
  'events',
  'metrics',
  'mode',
  'module',
  'parents',
  'review_by',
  'reviewer',
  'reviewers',
  'types',
  'uid',
  'used',
  'user',
  'users',
];

const STATE: Readonly<Record<string, z.ZodType>> = {...milestoneStateShape, ...taskStateShape};

interface Unknown {
  severity: 'error' | 'warning';
  message: string;
  at: Position | undefined;
  hint: string;
  times: number;
}

/** Keys that no schema knows, gathered so that a key used everywhere is reported once. */
export class UnknownKeys {
  private readonly seen = new Map<string, Unknown>();

  constructor(
    private readonly source: YamlSource,
    /** Keys that belong under `settings`, for those that stand beside it. */
    private readonly settings: z.ZodObject,
  ) {}

  /** @param kind Such as `a task`, for the message. */
  collect(schema: z.ZodType, data: unknown, path: Path, kind: string, alsoKnown: readonly string[] = []): void {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodArray && Array.isArray(data))
      for (const [index, entry] of data.entries())
        this.collect(inner.element as z.ZodType, entry, [...path, index], kind);
    if (!isData(data)) return;
    if (inner instanceof z.ZodRecord)
      for (const [key, value] of Object.entries(data))
        this.collect(inner.valueType as z.ZodType, value, [...path, key], `\`${key}\``);
    if (!(inner instanceof z.ZodObject)) return;
    for (const [key, value] of Object.entries(data)) {
      const known = ownValue(inner.shape, key);
      if (!known && !alsoKnown.includes(key)) this.add(key, value, inner, path, kind);
      // What is in a state field is output: nobody reads it.
      else if (known && known !== ownValue(STATE, key)) this.collect(known, value, [...path, key], `\`${key}\``);
    }
  }

  report(problems: Problems): void {
    for (const {severity, message, at, hint, times} of this.seen.values()) {
      const counted = times > 1 ? `${message} (${times} times)` : message;
      if (severity === 'error') problems.error('UNKNOWN_KEY', counted, at, hint);
      else problems.warn('UNKNOWN_KEY', counted, at, hint);
    }
  }

  private add(key: string, value: unknown, {shape}: z.ZodObject, path: Path, kind: string): void {
    const found = this.seen.get(`${kind} ${key}`);
    if (found) {
      found.times++;
      return;
    }
    const meant = meantKey(key, Object.keys(shape));
    const misplaced = meant === undefined ? this.misplaced(key, value, path) : undefined;
    // Little hangs on the name of a state field, but that of the status.
    const isError = meant ? !ownValue(STATE, meant) || meant === 'status' : misplaced?.isMeant === true;
    this.seen.set(`${kind} ${key}`, {
      severity: isError ? 'error' : 'warning',
      message: `milestone does not know the key \`${key}\` of ${kind}${isError ? '' : '; it is kept'}`,
      at: this.source.positionOfKey(path, key),
      hint: meant ? didYouMean(key, meant, path) : (misplaced?.hint ?? 'it has no effect'),
      times: 1,
    });
  }

  /** A key that has its place elsewhere. */
  private misplaced(key: string, value: unknown, path: Path): {hint: string; isMeant: boolean} | undefined {
    if (!isPlanOrTask(path)) return undefined;
    if (key === 'approval_required')
      return {hint: 'put it under a phase of `kiro_workflow`; here nobody is asked', isMeant: value === true};
    const setting = ownValue(this.settings.shape, key);
    return setting && {hint: 'put it under `settings`', isMeant: fits(setting, value)};
  }
}

/** Levels at which people look for settings. */
function isPlanOrTask(path: Path): boolean {
  return path.length === 0 || (path.length === 2 && path[0] === 'tasks');
}

/** Whether a value is one that a setting can have: then that is what it was meant for. */
function fits(setting: z.ZodType, value: unknown): boolean {
  return value !== null && setting.safeParse(value).success;
}

/** The key that another one stands for. */
function meantKey(key: string, known: readonly string[]): string | undefined {
  const other = known.find(one => bare(one) === bare(key) || OTHER_WORDS[one]?.includes(bare(key)));
  if (other !== undefined) return other;
  return NOT_MISSPELT.includes(key.toLowerCase()) ? undefined : suggestId(key, known);
}

function didYouMean(key: string, meant: string, path: Path): string {
  const isOfMilestone = path.length === 0 && meant === 'dependencies' && OTHER_WORDS[meant]?.includes(bare(key));
  return `did you mean \`${meant}\`${isOfMilestone ? ', with `requires` in it' : ''}?`;
}

/** A word without what tells styles apart. */
function bare(word: string): string {
  return word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function ownValue(shape: object, key: string): z.ZodType | undefined {
  return Object.hasOwn(shape, key) ? (shape as Record<string, z.ZodType>)[key] : undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap() as z.ZodType) : schema;
}
