import type {DriverResult} from '../drivers/driver.ts';
import type {Redactor} from '../platform/redact.ts';
import {mapTexts} from '../prompts/clean-text.ts';

/** A result without secrets: what an agent says goes into the log, into commits, and to other agents. */
export function redacted(redactor: Redactor, result: DriverResult): DriverResult {
  if (result.kind === 'claimed') return {...result, claim: redactTexts(redactor, result.claim)};
  const {outcome} = result;
  return {...result, outcome: {...outcome, message: redactor.redactText(outcome.message)}};
}

/** Data with every text in it, however deep, without secrets. */
export function redactTexts<T>(redactor: Redactor, data: T): T {
  return mapTexts(data, text => redactor.redactText(text));
}
