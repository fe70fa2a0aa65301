// The review of an attempt's work by a second agent: how its answer is asked for and read.

import {findObject} from '../drivers/result.ts';

/** Something that a reviewer found. */
export interface Finding {
  file?: string;
  line?: number;
  severity?: Severity;
  message: string;
}

type Severity = (typeof SEVERITIES)[number];

export interface Review {
  verdict: 'approve' | 'reject';
  findings: Finding[];
}

const SEVERITIES = ['error', 'warning', 'note'] as const;
/** What else reviewers say for it. */
const APPROVING = ['approve', 'approved', 'accept', 'accepted', 'pass', 'passed', 'lgtm'];
const REJECTING = ['reject', 'rejected', 'request_changes', 'requested_changes', 'changes_requested', 'fail', 'failed'];

const MOST_FINDINGS = 100;
const LONGEST_MESSAGE = 4_000;

/** JSON Schema of a reviewer's answer; what is optional is null, as the strictest of agents want it. */
export const REVIEW_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['verdict', 'findings'],
  properties: {
    verdict: {type: 'string', enum: ['approve', 'reject']},
    findings: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['file', 'line', 'severity', 'message'],
        properties: {
          file: {type: ['string', 'null']},
          line: {type: ['integer', 'null']},
          severity: {type: ['string', 'null'], enum: [...SEVERITIES, null]},
          message: {type: 'string'},
        },
      },
    },
  },
} as const;

/**
 * A reviewer's answer, from its structured result or from the text that it ended with.
 * @returns `undefined` when there is no answer in it that can be understood.
 */
export function parseReview(answer: unknown): Review | undefined {
  return readReview(typeof answer === 'string' ? findObject(answer) : answer);
}

function readReview(value: unknown): Review | undefined {
  if (!isRecord(value)) return undefined;
  const verdict = readVerdict(value.verdict);
  const found = value.findings ?? [];
  if (verdict === undefined) return undefined;
  if (!Array.isArray(found)) return undefined;
  const findings = found.slice(0, MOST_FINDINGS).map(readFinding);
  return findings.includes(undefined) ? undefined : {verdict, findings: findings as Finding[]};
}

function readVerdict(value: unknown): Review['verdict'] | undefined {
  const word = typeof value === 'string' ? value.trim().toLowerCase().replace(/[ -]/g, '_') : '';
  if (APPROVING.includes(word)) return 'approve';
  return REJECTING.includes(word) ? 'reject' : undefined;
}

function readFinding(value: unknown): Finding | undefined {
  if (typeof value === 'string') return readFinding({message: value});
  if (!isRecord(value) || typeof value.message !== 'string' || value.message.trim() === '') return undefined;
  const {file, line, severity} = value;
  return {
    ...(typeof file === 'string' && file !== '' && {file}),
    ...(Number.isSafeInteger(line) && (line as number) > 0 && {line: line as number}),
    ...(SEVERITIES.includes(severity as Severity) && {severity: severity as Severity}),
    message: value.message.slice(0, LONGEST_MESSAGE),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
