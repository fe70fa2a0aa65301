// The first line of everything that a person reads in the morning. Pure.

import type {StatusReport} from '../status-shape.ts';

export interface Headline {
  /** All of it in one line. */
  text: string;
  done: number;
  total: number;
  checked: number;
  unchecked: number;
  failed: number;
  /** Time in which somebody executed it. */
  minutes: number;
  /** What agents say that it cost; null: nobody knows. */
  cost_usd: number | null;
}

/** @param checked Tasks that are done with a green check on record, where others know it better than the status. */
export function headlineOf(status: StatusReport, checked = status.counts.completed - status.unchecked): Headline {
  const {counts, minutes, used, progress} = status;
  const numbers = {
    done: counts.completed,
    total: progress.tasks_total,
    checked,
    unchecked: counts.completed - checked,
    failed: counts.failed,
    minutes,
    cost_usd: used?.usd ?? null,
  };
  return {text: `${status.status}: ${headlineParts(numbers).join(', ')}`, ...numbers};
}

/** Done, checked, unchecked, failed, time and cost, in words. */
export function headlineParts(headline: Omit<Headline, 'text'>): string[] {
  const {done, total, checked, unchecked, failed, minutes, cost_usd: cost} = headline;
  return [
    `${done} of ${total} tasks done`,
    ...(done > 0 ? [`${checked} checked`] : []),
    ...(unchecked > 0 ? [`${unchecked} unchecked`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(minutes > 0 ? [spanText(minutes * 60_000)] : []),
    ...(cost === null ? [] : [`${cost.toFixed(2)} usd`]),
  ];
}

/** A span of time in its two largest units; below a minute with a decimal. */
export function spanText(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const units = [Math.floor(whole / 86_400), Math.floor(whole / 3_600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  const first = units.findIndex(count => count > 0);
  return units
    .slice(first, first + 2)
    .flatMap((count, index) => (count > 0 ? [`${count} ${['d', 'h', 'min', 's'][first + index]}`] : []))
    .join(' ');
}
