import type {Usage} from '../events/details/driver.ts';
import type {StatusReport} from '../reports/status-shape.ts';
import {USAGE_KEYS} from '../state/usage.ts';
import {joinWrapped} from './wrap.ts';

/** What is known of a usage; a cost that nobody knows is not 0. */
export function usageText({usd, tokens, turns, minutes}: Usage): string {
  const said = [
    usd !== undefined && `${usd.toFixed(2)} usd`,
    tokens !== undefined && `${tokens} tokens`,
    turns !== undefined && `${turns} turns`,
    minutes !== undefined && `${minutes.toFixed(1)} minutes`,
  ].filter(Boolean);
  return said.length > 0 ? said.join(', ') : 'unknown';
}

/** What it cost so far, and of how much: time is measured, all else is what agents say; what nobody knows is not 0. */
export function costLines(report: StatusReport, columns: number): string[] {
  const isMeasured = (name: string) => name === 'minutes';
  return [
    ...usedLines(
      'used, as the agents say: ',
      USAGE_KEYS.filter(name => !isMeasured(name)),
      report,
      columns,
    ),
    ...usedLines('agents at work: ', USAGE_KEYS.filter(isMeasured), report, columns),
  ];
}

function usedLines(
  start: string,
  keys: ReadonlyArray<keyof Usage>,
  {budget, used = {}, estimated = {}}: StatusReport,
  columns: number,
): string[] {
  const names = keys.filter(name => (budget?.limit ?? used)[name] !== undefined);
  const parts = names.map(name => {
    const limit = budget?.limit[name];
    const reserved = budget?.reserved[name];
    const known = used[name] === undefined ? (limit === undefined ? 'unknown' : 'none known') : amount(used[name]);
    const of = limit === undefined ? '' : ` of ${amount(limit)}`;
    const guessed = estimated[name] === undefined ? '' : ` (${amount(estimated[name])} of it an estimate)`;
    return `${known}${of} ${name}${guessed}${reserved === undefined ? '' : `, ${amount(reserved)} reserved`}`;
  });
  const [first, ...rest] = parts;
  return first === undefined ? [] : joinWrapped([`${start}${first}`, ...rest], ' · ', columns);
}

function amount(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
