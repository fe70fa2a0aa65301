import {cleanText, mapTexts} from './clean-text.ts';
import {fitText} from './prompt-text.ts';
import {reviewTexts} from './review-sections.ts';
import {type ReviewInput, reviewView} from './review-view.ts';
import {fillTemplate, type Template} from './template.ts';
import {builtInTemplate} from './templates.ts';

/**
 * What a reviewer is told.
 * @param template The user's own; else the built-in one.
 * @throws {MilestoneError} `CONFIG_INVALID` when the template cannot be understood.
 */
export function reviewPrompt(input: ReviewInput, template: Template = builtInTemplate('review')): string {
  const clean = mapTexts(input, cleanText);
  return fitText(scale => fillTemplate(template, reviewTexts(reviewView(clean, scale))));
}
