// Blockers for a terminal: what, since when, who has to act, how it clears, and what to type.

import type {MilestoneId} from '../plan/plan.ts';
import type {AttemptWarning} from '../reports/attempt-warnings.ts';
import type {BlockerDetails} from '../reports/blockers.ts';
import {ageOf} from './amounts.ts';
import type {Paint} from './paint.ts';
import {printable} from './printable.ts';
import {wrapped} from './wrap.ts';

const COLUMNS = 80;

export interface BlockersShown {
  id: MilestoneId;
  blockers: readonly BlockerDetails[];
  warnings: readonly AttemptWarning[];
  /** Number of tasks that failed and are named in no blocker; what depends on them waits as well. */
  failed: number;
}

/** @param now Milliseconds since the epoch, for ages. */
export function blockersText({id, blockers, warnings, failed}: BlockersShown, now: number, paint: Paint): string {
  const sections = [
    ...(blockers.length === 0 && failed === 0 ? [[`nothing holds \`${id}\` up`]] : []),
    ...blockers.map(blocker => [paint.red(headline(blocker, now)), ...body(blocker, paint)]),
    ...(failed === 0 ? [] : [[paint.red(failedText(failed)), `  ${paint.cyan(printable(`milestone retry ${id}`))}`]]),
    ...(warnings.length === 0 ? [] : [[paint.yellow('warnings'), ...warnings.flatMap(({message}) => lines(message))]]),
  ];
  return `${sections.map(section => section.join('\n')).join('\n\n')}\n`;
}

function failedText(count: number): string {
  return count === 1 ? '1 task failed' : `${count} tasks failed`;
}

function headline({type, task_id, driver, since}: BlockerDetails, now: number): string {
  const where = task_id ?? driver;
  return printable(`${type}${where === undefined ? '' : ` ${where}`}, for ${ageOf(now - Date.parse(since))}`);
}

function body(blocker: BlockerDetails, paint: Paint): string[] {
  const {message, who, clears} = blocker;
  return [
    ...lines(message),
    ...lines(`${who === 'you' ? 'you have to act' : `to act: ${who}`}; it clears ${clears}`),
    ...lines(heldUpText(blocker)),
    ...commandLines(blocker).flatMap(({text, isCommand}) =>
      isCommand ? [`  ${paint.cyan(printable(text))}`] : lines(text),
    ),
  ];
}

/** The hint and what to type, each said once: a hint may be the command, or name it among others. */
export function commandLines({
  hint,
  command,
}: {
  hint: string;
  command: string;
}): Array<{text: string; isCommand: boolean}> {
  const hinted = {text: `hint: ${hint}`, isCommand: false};
  const typed = {text: command, isCommand: true};
  if (hint.replaceAll('`', '') === command) return [typed];
  return hint.includes(`\`${command}\``) ? [hinted] : [hinted, typed];
}

/** What waits because of a blocker. */
export function heldUpText({holds_up: {count, critical_path}, task_id}: BlockerDetails): string {
  const tasks = count === 1 ? '1 task' : `${count} tasks`;
  const held = count === 0 ? 'it holds up no other task' : `it holds up ${tasks}`;
  const depend = task_id !== undefined && count > 0 ? ` that depend${count === 1 ? 's' : ''} on it` : '';
  return `${held}${depend}${critical_path ? ', on the critical path' : ''}`;
}

function lines(text: string): string[] {
  return wrapped(text, COLUMNS - 2).map(line => `  ${line}`);
}
