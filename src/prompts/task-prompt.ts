import type {TaskId} from '../plan/plan.ts';
import {collectInput, type PromptSources} from './collect-input.ts';
import {templateName} from './prompt-input.ts';
import {promptText} from './prompt-text.ts';
import {promptsFolder, readTemplate} from './read-template.ts';

/**
 * What the next attempt of a task is told, secrets taken out.
 * @throws {MilestoneError} `CONFIG_INVALID` when the user's own template cannot be understood, `GIT_FAILED`.
 */
export async function taskPrompt(sources: PromptSources, id: TaskId): Promise<string> {
  const input = await collectInput(sources, id);
  const template = readTemplate(promptsFolder(sources.paths), templateName(input));
  return sources.redactText(promptText(input, template));
}
