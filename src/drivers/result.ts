// The structured result that every agent is asked to end with, and what follows from it.

import type {Denial} from '../events/details/attempt.ts';
import type {DriverResult} from './driver.ts';
import {type Json, objectOf, parseObject, shorten, textOf} from './json-line.ts';

export interface AgentResult {
  status: 'done' | 'blocked' | 'failed';
  summary: string;
  assumptions: string[];
  question?: string;
}

/** JSON Schema of `AgentResult`, strict as codex wants it: everything is required, what is absent is null. */
export const RESULT_SCHEMA: object = {
  type: 'object',
  properties: {
    status: {
      type: 'string',
      enum: ['done', 'blocked', 'failed'],
      description: 'done: the work is finished; blocked: an answer to `question` is needed; failed: it cannot be done',
    },
    summary: {type: 'string', description: 'What was done and why, in a few sentences, for the commit message.'},
    assumptions: {type: 'array', items: {type: 'string'}, description: 'What was decided without being asked for.'},
    question: {type: ['string', 'null'], description: 'When blocked: the one question whose answer is needed.'},
  },
  required: ['status', 'summary', 'assumptions', 'question'],
  additionalProperties: false,
};

/** What an agent ended with. */
export interface Answer {
  /** Handed over as data by the agent itself. */
  structured?: unknown;
  /** Its last words. */
  text: string;
}

/** The result that a value is; undefined when it does not fit. */
export function readResult(value: unknown): AgentResult | undefined {
  const data = objectOf(value);
  if (!data || !isStatus(data.status)) return undefined;
  const summary = textOf(data.summary) ?? (data.status === 'done' ? undefined : '');
  if (summary === undefined) return undefined;
  const question = textOf(data.question);
  return {
    status: data.status,
    summary,
    assumptions: Array.isArray(data.assumptions) ? data.assumptions.flatMap(entry => textOf(entry) ?? []) : [],
    ...(question !== undefined && {question}),
  };
}

/**
 * What an answer comes to. Under a schema other than `RESULT_SCHEMA` it is a claim whose `summary` is the answer as
 * JSON text.
 */
export function judgeAnswer(answer: Answer, schema: object, denials: readonly Denial[]): DriverResult {
  const found = objectOf(answer.structured) ?? findObject(answer.text);
  const extra = denials.length > 0 ? {denials: [...denials]} : {};
  if (schema !== RESULT_SCHEMA)
    return {
      kind: 'claimed',
      claim: {...(found ? {summary: JSON.stringify(found)} : lastWords(answer, found)), ...extra},
    };
  const result = readResult(found);
  if (!result) return {kind: 'claimed', claim: {...lastWords(answer, found), ...extra}};
  const {status, summary, assumptions, question} = result;
  if (status === 'blocked' && question !== undefined)
    return {kind: 'ended', outcome: {kind: 'question', message: question}};
  if (status !== 'done') {
    const message = summary || `it says that it is ${status}, and not why`;
    return {kind: 'ended', outcome: {kind: 'failed', cause: 'agent', message}};
  }
  return {kind: 'claimed', claim: {summary, ...(assumptions.length > 0 && {assumptions}), ...extra}};
}

const LONGEST_SUMMARY = 2_000;

function lastWords({text}: Answer, found: Json | undefined): {summary?: string; warning: string} {
  const warning = found ? 'its structured result does not fit' : 'it ended without a structured result';
  const summary = shorten(text, LONGEST_SUMMARY);
  return {...(summary && {summary}), warning};
}

function isStatus(value: unknown): value is AgentResult['status'] {
  return value === 'done' || value === 'blocked' || value === 'failed';
}

/** Further in front no object of a reasonable length begins. */
const SEARCHED = 64 * 1024;
/** Braces that are tried as its beginning. */
const TRIES = 500;

/** The last JSON object of a text: at its very end, else in its last code fence that is one. */
export function findObject(text: string): Json | undefined {
  const end = text.slice(-SEARCHED).trim();
  const fences = [...end.matchAll(/```(?:json)?[ \t]*\r?\n([\s\S]*?)```/g)].map(([, inside]) => inside as string);
  return objectAtEnd(end.replace(/\s*```$/, '')) ?? fences.reverse().map(parseObject).find(Boolean);
}

function objectAtEnd(text: string): Json | undefined {
  if (!text.endsWith('}')) return undefined;
  let start = text.indexOf('{');
  for (let tries = 0; start !== -1 && tries < TRIES; tries++, start = text.indexOf('{', start + 1)) {
    const found = parseObject(text.slice(start));
    if (found) return found;
  }
  return undefined;
}
