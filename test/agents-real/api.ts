import type {Answer, Failure, ModelRequest} from './model.ts';

// biome-ignore lint/suspicious/noExplicitAny: what agents send is read, not checked
export type Json = any;

/** What a request says, apart from what follows from it. */
export type ParsedRequest = Omit<ModelRequest, 'heard' | 'turn'>;

/** One of the HTTP APIs by which agents reach a model. */
export interface Api {
  parse(body: Json, headers: NodeJS.Dict<string | string[]>): ParsedRequest;
  /** The server-sent events of an answer, ready to be sent. */
  stream(answer: Answer, model: string): string;
  /** The body of an error. */
  error(failure: Failure): object;
}

/** Text of a message's content, which is a string or a list of parts. */
export function textOf(content: Json): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return content === undefined || content === null ? '' : JSON.stringify(content);
  return content.map(part => part.text ?? JSON.stringify(part)).join('\n');
}

/** What the first group of a global pattern matches last: an agent that has moved says so further down. */
export function lastMatch(text: string, pattern: RegExp): string | undefined {
  return [...text.matchAll(pattern)].at(-1)?.[1];
}

/** One server-sent event. */
export function serverSent(data: Json, event?: string): string {
  return `${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

/** The error body of both APIs of OpenAI. */
export function openAiError({type = 'invalid_request_error', message, details}: Failure): object {
  return {error: {message, type, param: null, code: type, ...details}};
}

let ids = 0;

/** An id that no other part of an answer has. */
export function newId(prefix: string): string {
  return `${prefix}_loopback${++ids}`;
}
