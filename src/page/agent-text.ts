// What coding agents print is JSON, an event a line. To be read it is what they say, what they do, and what comes of it.
// Whatever is none of theirs, or not understood, stays as it is. Pure.

import {type Json, numberOf, objectOf, objectsOf, parseObject, shorten, textOf} from '../drivers/json-line.ts';

/** Characters of what a tool was given, or has answered. */
const LONGEST = 300;

/** Whole lines of an agent's output, for people; emphasis is in the words of a terminal. */
export function agentText(lines: string): string {
  return lines
    .split('\n')
    .flatMap(line => {
      const event = line.startsWith('{') ? parseObject(line) : undefined;
      return (event && read(event)) ?? [line];
    })
    .join('\n');
}

/** None: it says nothing to people. */
function read(event: Json): string[] | undefined {
  const {type} = event;
  const message = objectOf(event.message);
  if (type === 'assistant') return objectsOf(message?.content).flatMap(block);
  if (type === 'user') return objectsOf(message?.content).flatMap(block);
  if (type === 'item.completed') return item(objectOf(event.item) ?? {});
  if (type === 'text' || type === 'tool_use') return part(objectOf(event.part) ?? {});
  if (type === 'result') return [`${dim('result')} ${textOf(event.result) ?? textOf(event.subtype) ?? ''}`];
  if (type === 'error') return [bad(textOf(event.message) ?? textOf(objectOf(event.error)?.name) ?? 'error')];
  if (type === 'turn.failed') return [bad(textOf(objectOf(event.error)?.message) ?? 'failed')];
  if (type === 'system' && event.subtype === 'permission_denied')
    return [bad(`denied: ${textOf(event.tool_name) ?? ''}`)];
  if (typeof type === 'string' && SILENT.has(type)) return [];
  return undefined;
}

const SILENT = new Set([
  'system',
  'rate_limit_event',
  'stream_event',
  'thread.started',
  'turn.started',
  'turn.completed',
  'item.started',
  'item.updated',
  'step_start',
  'step_finish',
]);

/** Of claude. */
function block(data: Json): string[] {
  if (data.type === 'text') return [textOf(data.text) ?? ''];
  if (data.type === 'thinking') return [dim(textOf(data.thinking) ?? '')];
  if (data.type === 'tool_use') return [call(textOf(data.name) ?? 'a tool', data.input)];
  if (data.type === 'tool_result') return answer(contentText(data.content), data.is_error === true);
  return [];
}

/** Of codex. */
function item(data: Json): string[] {
  const command = textOf(data.command);
  if (command !== undefined) {
    const code = numberOf(data.exit_code) ?? 0;
    return [
      call('shell', {command}),
      ...answer(textOf(data.aggregated_output), code !== 0 || data.status === 'declined'),
    ];
  }
  if (data.type === 'file_change')
    return objectsOf(data.changes).map(change => call(textOf(change.kind) ?? 'change', {path: change.path}));
  if (data.type === 'reasoning') return [dim(textOf(data.text) ?? '')];
  return [textOf(data.text) ?? textOf(data.message) ?? textOf(data.type) ?? ''];
}

/** Of opencode. */
function part(data: Json): string[] {
  const state = objectOf(data.state);
  if (!state) return [textOf(data.text) ?? ''];
  const said = textOf(state.error) ?? textOf(state.output);
  return [call(textOf(data.tool) ?? 'a tool', state.input), ...answer(said, state.error !== undefined)];
}

/** A tool, and what is most telling of what it was given. */
function call(tool: string, input: unknown): string {
  const given = objectOf(input) ?? {};
  const telling = ['command', 'file_path', 'path', 'pattern', 'url', 'description'].flatMap(
    name => textOf(given[name]) ?? [],
  );
  return `\u001b[1m▸ ${tool}\u001b[0m ${shorten(telling[0] ?? JSON.stringify(input) ?? '', LONGEST)}`;
}

function answer(text: string | undefined, isBad: boolean): string[] {
  if (text === undefined) return [];
  const short = `  ${shorten(text, LONGEST)}`;
  return [isBad ? bad(short) : dim(short)];
}

function contentText(content: unknown): string | undefined {
  return (
    textOf(content) ??
    textOf(
      objectsOf(content)
        .flatMap(part => textOf(part.text) ?? [])
        .join(' '),
    )
  );
}

function dim(text: string): string {
  return `\u001b[90m${text}\u001b[0m`;
}

function bad(text: string): string {
  return `\u001b[31m${text}\u001b[0m`;
}
