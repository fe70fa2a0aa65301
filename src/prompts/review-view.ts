// The data of a review as clean, bounded text.

import type {Claim} from '../events/details/attempt.ts';
import type {CheckResult} from '../events/details/checks.ts';
import {asItem, fenced} from './clean-text.ts';
import type {PromptInput} from './prompt-input.ts';
import {checkView, lines, milestoneView, type PromptView, type Scale, taskView, text} from './prompt-view.ts';

export interface ReviewInput extends Pick<PromptInput, 'milestone' | 'task'> {
  /** Of the review, as the plan has it. */
  prompt?: string;
  /** What the author said of the work. */
  claim?: Pick<Claim, 'summary' | 'assumptions'>;
  /** Those that were run on the work already. */
  checks: CheckResult[];
  /** Changed files, relative to the top of the repository. */
  files: string[];
  /** The whole change, as `git diff` writes it. */
  diff: string;
}

export interface ReviewView extends Pick<PromptView, 'milestone' | 'task'> {
  instructions: string;
  claim: {summary: string; assumptions: string[]};
  checks: Array<{name: string; command: string; result: string; output: string}>;
  files: string[];
  diff: string;
}

// Characters.
const INSTRUCTIONS = 20_000;
const SUMMARY = 4_000;
const DIFF = 120_000;

/** Make the data of a review, clean already, ready to be put down. */
export function reviewView(input: ReviewInput, scale: Scale): ReviewView {
  const {own, material} = scale;
  return {
    milestone: milestoneView(input.milestone, scale),
    task: taskView(input.task, scale),
    instructions: text(input.prompt, INSTRUCTIONS * own),
    claim: {
      summary: asItem(text(input.claim?.summary, SUMMARY * material)),
      assumptions: lines(input.claim?.assumptions ?? [], material),
    },
    checks: input.checks.map(check => checkView(check, material)),
    files: lines(input.files, material),
    diff: fenced(text(input.diff, DIFF * material)),
  };
}
