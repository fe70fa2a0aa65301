// What a provider's refusal means, whichever agent passes it on.

import type {Outcome} from '../events/details/outcome.ts';
import {shorten} from './json-line.ts';
import {parseResetTime} from './reset-time.ts';

export interface ProviderFailure {
  text: string;
  /** Of the HTTP answer. */
  status?: number | undefined;
  /** In the agent's own vocabulary. */
  error?: string | undefined;
}

/** How a provider refuses what is no fault of the work. */
export type RefusalKind = 'auth' | 'quota' | 'overload';

export interface FailureContext {
  /** Milliseconds since the Unix epoch. */
  now: number;
  /** What a person runs to log in. */
  login: string;
  /** Seconds since the Unix epoch at which a limit ends, where that is said in so many words. */
  resetsAt?: number | undefined;
}

const LONGEST_MESSAGE = 500;

const AUTH =
  /not logged in|please run \/login|(?:invalid|incorrect|missing|no) (?:\w+ )?api[ -]?key|api[ -]?key (?:is )?(?:missing|invalid|not)|\b401\b|unauthori[sz]ed|authentication|oauth token|token (?:has )?expired|log ?in again|codex login/i;
const QUOTA =
  /usage limit|rate[ _-]?limit|hit your [\w -]{0,40}limit|limit reached|quota|credit balance|out of [\w ]{0,20}credits|billing|too many requests|\b429\b|\b402\b/i;
const OVERLOAD =
  /overloaded|at capacity|internal server error|bad gateway|service unavailable|gateway time-?out|\b(?:500|502|503|504|529)\b|unable to connect|connection (?:error|failed|refused|reset|closed)|stream disconnected|waiting for network|network error|request timed out|fetch failed|ECONN|ENOTFOUND|EAI_AGAIN|socket hang up/i;

const TOO_LONG =
  /(?:prompt|input|conversation) is too long|context[ _](?:window|length)|context_length_exceeded|ContextOverflow|maximum context|too many (?:input )?tokens|ran out of room/i;
const BROKEN = /tool_use|tool_result|tool call|tool output|function call output|thinking.{0,20}block/i;

/**
 * Whether the provider does not take a conversation any more, because it is too long or an interruption has broken it: a
 * new one may well go through.
 */
export function isDeadConversation(failure: ProviderFailure): boolean {
  const {text, status, error} = failure;
  if (kindOf(failure) !== undefined) return false;
  if (status !== undefined && status !== 400 && status !== 413 && status !== 422) return false;
  return status === 400 || status === 413 || TOO_LONG.test(`${error} ${text}`) || BROKEN.test(text);
}

/** How lines begin that complain; others may speak of limits, logins and connections because the work is about them. */
const COMPLAINTS = [
  /^(?:[\w.-]+ ){0,2}[\w.]*(?:error|exception|fatal|failed)(?: code| status)?(?:\s*["':=([]|\s+\d{3}\b)/i,
  /^(?:http(?:\/[\d.]+)? )?(?:(?:unexpected )?status:? )?[45]\d\d\b/i,
  /^you(?:r|['’]ve| have| are| exceeded| hit| reached)\b/i,
  /^(?:[\w-]+ ){0,3}(?:limit|quota)s? (?:is |was |has been )?(?:reached|exceeded|exhausted|hit|used up)\b/i,
  /^(?:too many requests|rate[ _-]?limited|exceeded|out of|insufficient|not logged in|please (?:run|log)|log ?in again|(?:invalid|incorrect|missing|no) |unauthori[sz]ed|authentication (?:failed|required)|overloaded|at capacity|internal server|bad gateway|service unavailable|gateway time|unable to connect|connection (?:error|failed|refused|reset|closed)|network error|request timed out|fetch failed|stream disconnected|socket hang up)/i,
];
const FROM_A_TEST = /\b(?:expect(?:ed|s)?|assert\w*)\b/i;
const LEAD = /^(?:[^\p{L}\d]|\d{4}-\d\d-\d\d\S*|\d\d:\d\d:\d\d\S*|(?:error|fatal|warning)\s+(?=\p{L}))*/iu;

/** Whether a line that a program printed complains, as far as its words tell. */
export function isComplaint(line: string): boolean {
  const words = line.replace(LEAD, '');
  return !FROM_A_TEST.test(words) && COMPLAINTS.some(pattern => pattern.test(words));
}

/** The outcome of an attempt that ended on this. */
export function classifyFailure(failure: ProviderFailure, context: FailureContext): Outcome {
  const kind = kindOf(failure);
  if (kind !== undefined) return refusalOf(kind, failure, context);
  return {kind: 'failed', cause: 'agent', message: shorten(failure.text, LONGEST_MESSAGE)};
}

/** The outcome of an attempt that was refused in this way. */
export function refusalOf(
  kind: RefusalKind,
  {text}: ProviderFailure,
  {now, login, resetsAt}: FailureContext,
): Extract<Outcome, {kind: RefusalKind}> {
  const message = shorten(text, LONGEST_MESSAGE);
  if (kind === 'auth') return {kind, message, hint: login};
  if (kind === 'overload') return {kind, message};
  const said = resetsAt === undefined ? text : `resets_at ${Math.floor(resetsAt)}`;
  const until = parseResetTime(said, now) ?? parseResetTime(text, now);
  return {kind, message, ...(until !== undefined && {resets_at: until})};
}

/** A text speaks for itself only where no number does. */
export function kindOf({text, status, error}: ProviderFailure): RefusalKind | undefined {
  if (error === 'authentication_failed' || error === 'ProviderAuthError' || status === 401 || status === 403)
    return 'auth';
  if (error === 'rate_limit' || error === 'billing_error' || status === 429 || status === 402) return 'quota';
  if (status !== undefined && status < 500) return QUOTA.test(text) && status !== 404 ? 'quota' : undefined;
  if (AUTH.test(text) && status === undefined) return 'auth';
  if (QUOTA.test(text) && status === undefined) return 'quota';
  if (error === 'overloaded' || error === 'server_error' || status !== undefined) return 'overload';
  return OVERLOAD.test(text) ? 'overload' : undefined;
}

/** An agent that ended without saying how: all there is to say is how its process ended, and its last complaint. */
export function classifySilence(how: string, stderr: string, context: FailureContext): Outcome {
  const lines = stderr.split('\n').filter(line => line.trim() !== '');
  const complaint = lines.findLast(line => /^\W*error\b/i.test(line)) ?? lines.at(-1);
  const message = `ended without a result (${how})${complaint === undefined ? '' : `: ${complaint.trim()}`}`;
  const outcome = classifyFailure({text: complaint ?? ''}, context);
  return {...outcome, message: shorten(message, LONGEST_MESSAGE)};
}
