// OpenAI Responses, as Codex speaks it.

import {type Api, type Json, lastMatch, newId, openAiError, serverSent, textOf} from './api.ts';
import {type Answer, type Message, TOKENS} from './model.ts';

export const responsesApi: Api = {
  parse(body, headers) {
    const items: Json[] = body.input;
    const told = items.filter(item => item.role === 'developer' || item.role === 'system');
    return {
      conversation: String(headers['thread-id'] ?? headers['session-id'] ?? ''),
      model: body.model,
      messages: items.filter(item => !told.includes(item)).flatMap(messagesOf),
      tools: (body.tools ?? []).map((tool: Json) => tool.name ?? tool.type),
      cwd: lastMatch(
        textOf(items.filter(item => item.role === 'user').flatMap(item => item.content)),
        /<cwd>(.+?)<\/cwd>/g,
      ),
      schema: body.text?.format?.schema,
    };
  },

  stream(answer, model) {
    const output = outputOf(answer);
    const response = {id: newId('resp'), object: 'response', model, status: 'in_progress', output: []};
    const usage = {
      input_tokens: TOKENS.input,
      input_tokens_details: {cached_tokens: 0},
      output_tokens: TOKENS.output,
      output_tokens_details: {reasoning_tokens: 0},
      total_tokens: TOKENS.input + TOKENS.output,
    };
    const events = [
      {type: 'response.created', response},
      ...output.flatMap((item, output_index) => [
        {type: 'response.output_item.added', output_index, item: {...item, status: 'in_progress'}},
        {type: 'response.output_item.done', output_index, item},
      ]),
      {type: 'response.completed', response: {...response, status: 'completed', output, usage}},
    ];
    return events.map(event => serverSent(event, event.type)).join('');
  },

  error: openAiError,
};

function outputOf({text, calls}: Answer): Json[] {
  const content = [{type: 'output_text', text, annotations: []}];
  const message = {type: 'message', id: newId('msg'), role: 'assistant', status: 'completed', content};
  const functions = calls.map(({name, input}) => ({
    type: 'function_call',
    id: newId('fc'),
    call_id: newId('call'),
    name,
    arguments: JSON.stringify(input),
    status: 'completed',
  }));
  return [...(text === '' ? [] : [message]), ...functions];
}

function messagesOf(item: Json): Message[] {
  if (item.role === 'user' || item.role === 'assistant') return [{role: item.role, text: textOf(item.content)}];
  if (item.type === 'function_call') return [{role: 'assistant', text: item.arguments}];
  if (item.type === 'function_call_output') return [{role: 'tool', text: textOf(item.output)}];
  return [];
}
