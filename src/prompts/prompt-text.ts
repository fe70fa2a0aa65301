import {cleanText, cutMiddle, mapTexts} from './clean-text.ts';
import {type PromptInput, templateName} from './prompt-input.ts';
import {promptView, type Scale} from './prompt-view.ts';
import {taskTexts} from './task-sections.ts';
import {fillTemplate, type Template} from './template.ts';
import {builtInTemplate} from './templates.ts';

/** The longest prompt, in bytes of UTF-8. */
export const LONGEST_PROMPT_BYTES = 200_000;

/**
 * What an attempt is told.
 * @param template The user's own; else the built-in one for the attempt.
 * @throws {MilestoneError} `CONFIG_INVALID` when the template cannot be understood.
 */
export function promptText(input: PromptInput, template: Template = builtInTemplate(templateName(input))): string {
  const clean = mapTexts(input, cleanText);
  const name = templateName(input);
  return fitText(scale => fillTemplate(template, taskTexts(name, promptView(clean, scale))));
}

const SMALLEST_SCALE = 1 / 256;

/**
 * The longest version of a text that is no longer than a prompt may be. Material gives way first, then what people
 * wrote; at last the middle is cut out, so that the task stays at the beginning and the rules at the end.
 */
export function fitText(write: (scale: Scale) => string): string {
  for (let material = 1; ; material /= 2) {
    const text = `${write({material, own: Math.min(1, 16 * material)}).trim()}\n`;
    if (Buffer.byteLength(text) <= LONGEST_PROMPT_BYTES) return text;
    // A character is at most three bytes long for each of its units.
    if (material <= SMALLEST_SCALE) return cutMiddle(text, LONGEST_PROMPT_BYTES / 3 - 100);
  }
}
