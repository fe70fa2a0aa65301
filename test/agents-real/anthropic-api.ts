// Anthropic Messages, as Claude Code speaks it.

import {type Api, type Json, lastMatch, newId, serverSent, textOf} from './api.ts';
import {type Message, TOKENS} from './model.ts';

export const anthropicApi: Api = {
  parse(body, headers) {
    const messages: Json[] = body.messages;
    const notes = messages.filter(({role}) => role === 'system');
    const instructions = [body.system, ...notes.map(({content}) => content)].map(textOf).join('\n');
    return {
      conversation: String(headers['x-claude-code-session-id'] ?? ''),
      model: body.model,
      messages: messages.filter(({role}) => role !== 'system').flatMap(messagesOf),
      tools: (body.tools ?? []).map((tool: Json) => tool.name),
      cwd: lastMatch(
        [instructions, ...messages.map(({content}) => textOf(content))].join('\n'),
        /(?:Primary w|W)orking directory: (.+?)(?: \(was .+\))?$/gm,
      ),
      schema: undefined,
    };
  },

  stream({text, calls}, model) {
    const usage = {
      input_tokens: TOKENS.input,
      output_tokens: 1,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
    };
    const message = {
      id: newId('msg'),
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      usage,
    };
    const blocks = [
      ...(text === '' ? [] : [{start: {type: 'text', text: ''}, delta: {type: 'text_delta', text}}]),
      ...calls.map(({name, input}) => ({
        start: {type: 'tool_use', id: newId('toolu'), name, input: {}},
        delta: {type: 'input_json_delta', partial_json: JSON.stringify(input)},
      })),
    ];
    const events = [
      {type: 'message_start', message: {...message, stop_sequence: null}},
      ...blocks.flatMap(({start, delta}, index) => [
        {type: 'content_block_start', index, content_block: start},
        {type: 'content_block_delta', index, delta},
        {type: 'content_block_stop', index},
      ]),
      {
        type: 'message_delta',
        delta: {stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn', stop_sequence: null},
        usage: {output_tokens: TOKENS.output},
      },
      {type: 'message_stop'},
    ];
    return events.map(event => serverSent(event, event.type)).join('');
  },

  error({type = 'invalid_request_error', message}) {
    return {type: 'error', error: {type, message}, request_id: newId('req')};
  },
};

/** A user's message carries the results of tools too; they become messages of their own. */
function messagesOf({role, content}: Json): Message[] {
  const parts: Json[] = typeof content === 'string' ? [{type: 'text', text: content}] : content;
  if (role === 'assistant') return [{role, text: textOf(parts)}];
  return parts.map(part => {
    if (part.type === 'tool_result') return {role: 'tool', text: textOf(part.content)};
    return {role: 'user', text: textOf([part])};
  });
}
