// What a page is given with its document, so that it is there before the first question is asked.

import {createContext} from 'preact';

export interface Given {
  /** Address of the page, without origin. */
  path: string;
  /** Whether a person may decide here. */
  decide: boolean;
  /** By the address that would have been asked. */
  answers: Record<string, object>;
}

export const GivenAnswers = createContext<Given['answers']>({});
