import type {DriverResult} from '../drivers/driver.ts';
import {mapTexts} from '../prompts/clean-text.ts';
import type {ExecutionContext} from './context.ts';

/** A result without secrets: what an agent says goes into the log, into commits, and to other agents. */
export function redacted(context: ExecutionContext, result: DriverResult): DriverResult {
  if (result.kind === 'claimed') return {...result, claim: redactTexts(context, result.claim)};
  const {outcome} = result;
  return {...result, outcome: {...outcome, message: context.redactor.redactText(outcome.message)}};
}

export function redactTexts<T>({redactor}: Pick<ExecutionContext, 'redactor'>, data: T): T {
  return mapTexts(data, text => redactor.redactText(text));
}
