// OpenAI chat completions, as OpenCode speaks it.

import {type Api, type Json, lastMatch, newId, openAiError, serverSent, textOf} from './api.ts';
import {type Message, TOKENS} from './model.ts';

export const chatApi: Api = {
  parse(body, headers) {
    const messages: Json[] = body.messages;
    const instructions = messages.filter(({role}) => role === 'system').map(({content}) => textOf(content));
    return {
      conversation: String(headers['x-session-id'] ?? ''),
      model: body.model,
      messages: messages.filter(({role}) => role !== 'system').map(messageOf),
      tools: (body.tools ?? []).map((tool: Json) => tool.function.name),
      cwd: lastMatch(instructions.join('\n'), /Working directory: (.+)/g),
      schema: body.response_format?.json_schema?.schema,
    };
  },

  stream({text, calls}, model) {
    const chunk = {id: newId('chatcmpl'), object: 'chat.completion.chunk', created: 0, model};
    const choice = (delta: object, finish_reason: string | null = null) => ({
      ...chunk,
      choices: [{index: 0, delta, finish_reason}],
    });
    const toolCalls = calls.map(({name, input}, index) => ({
      index,
      id: newId('call'),
      type: 'function',
      function: {name, arguments: JSON.stringify(input)},
    }));
    const usage = {
      prompt_tokens: TOKENS.input,
      completion_tokens: TOKENS.output,
      total_tokens: TOKENS.input + TOKENS.output,
    };
    const chunks = [
      choice({role: 'assistant', content: text}),
      ...toolCalls.map(call => choice({tool_calls: [call]})),
      choice({}, calls.length > 0 ? 'tool_calls' : 'stop'),
      {...chunk, choices: [], usage},
    ];
    return [...chunks, '[DONE]'].map(data => serverSent(data)).join('');
  },

  error: openAiError,
};

function messageOf({role, content, tool_calls: calls = []}: Json): Message {
  const inputs = calls.map((call: Json) => call.function.arguments);
  return {role, text: [textOf(content), ...inputs].filter(text => text !== '').join('\n')};
}
