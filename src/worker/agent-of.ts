import type {AgentInput, AgentTraits, Observation} from '../drivers/driver.ts';
import {RESULT_SCHEMA} from '../drivers/result.ts';
import {movedText} from '../prompts/moved-text.ts';
import type {AgentOrder} from '../workers/port.ts';

/**
 * What a coding agent is told at a worker. Its conversation may have been begun in another folder: then it is told so, or
 * begins a new one where it could not go on there.
 */
export function agentOf(
  {livesAt, freshPrompt, ...agent}: AgentOrder,
  {folder, traits, observe}: {folder: string; traits: AgentTraits | undefined; observe(seen: Observation): void},
): AgentInput {
  const input: AgentInput = {
    ...agent,
    schema: RESULT_SCHEMA,
    ...(freshPrompt !== undefined && {freshPrompt: async () => freshPrompt}),
    observe,
  };
  if (!livesAt || !agent.conversation?.resume || livesAt.folder === folder) return input;
  if (!traits?.isBoundToFolder) return {...input, prompt: `${movedText(livesAt.folder, folder)}${agent.prompt}`};
  const {conversation: _, ...anew} = input;
  const id = traits.newConversation?.();
  if (id === undefined) return {...anew, prompt: freshPrompt ?? agent.prompt};
  observe({kind: 'conversation', id});
  return {...anew, prompt: freshPrompt ?? agent.prompt, conversation: {id, resume: false}};
}
