// What was found in files, for programs that show it beside the lines: each form from the same data.

import type {Problem} from '../../plan/plan.ts';

export interface FileResult {
  /** Relative to the top of the repository, with `/` between. */
  file: string;
  problems: readonly Problem[];
}

/** Of a message its hint belongs to it. */
export function textOfProblem({message, hint}: Problem): string {
  return hint === undefined ? message : `${message}\nhint: ${hint}`;
}
