// When a provider lets one work again, out of what it says in so many ways.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A time further ahead is a misunderstanding. */
const FURTHEST = 32 * DAY;
/** A time just past means now: clocks differ, and output takes its time. */
const LATEST = HOUR;

/**
 * The instant (ISO 8601) that a message names as the end of a limit; undefined when it names none.
 * @param now Milliseconds since the Unix epoch.
 * @param zone IANA name of the zone of clock times that name none; default: that of the machine.
 */
export function parseResetTime(text: string, now: number, zone: string = machineZone()): string | undefined {
  for (const parse of [parseIso, parseEpoch, parseSeconds, parseDuration, parseClockTime]) {
    const at = parse(text, now, zone);
    if (at !== undefined && at > now - LATEST && at < now + FURTHEST) return new Date(Math.max(at, now)).toISOString();
  }
  return undefined;
}

function parseIso(text: string): number | undefined {
  const match = /\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})/.exec(text);
  return match ? numberOrNone(Date.parse(match[0])) : undefined;
}

/** Seconds or milliseconds since 1970: `usage limit reached|1735689600`, `"resets_at": 1735689600`. */
function parseEpoch(text: string): number | undefined {
  const match = /(?:\||reset[\w-]*["']?\s*[:=]?\s*)(1\d{9})(\d{3})?(?!\d)/i.exec(text);
  return match ? Number(match[1]) * SECOND + Number(match[2] ?? 0) : undefined;
}

/** `resets_in_seconds: 7200`, `retry-after: 30`. */
function parseSeconds(text: string, now: number): number | undefined {
  const match = /(?:resets?_in_seconds|retry[-_ ]after)["']?\s*[:=]?\s*(\d+(?:\.\d+)?)(?!\d*\s*m)/i.exec(text);
  return match ? now + Number(match[1]) * SECOND : undefined;
}

const UNITS: Array<[RegExp, number]> = [
  [/^d/i, DAY],
  [/^h/i, HOUR],
  [/^ms|^milli/i, 1],
  [/^m/i, MINUTE],
  [/^s/i, SECOND],
];
const PART = String.raw`\d+(?:\.\d+)?\s*(?:days?|hours?|hrs?|minutes?|mins?|milliseconds?|ms|seconds?|secs?|[dhms])(?![a-z])`;
const DURATION = new RegExp(String.raw`\b(?:in|after)\s+(?:about\s+)?(${PART}(?:[\s,]*(?:and\s+)?${PART})*)`, 'i');

/** `try again in 2 hours 5 minutes`, `resets in 1h5m`. */
function parseDuration(text: string, now: number): number | undefined {
  const match = DURATION.exec(text.replace(/(\d[dhms])(?=\d)/gi, '$1 '));
  if (!match) return undefined;
  const parts = [...match[1]!.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)];
  return parts.reduce((at, [, count, unit]) => at + Number(count) * unitMs(unit!), now);
}

function unitMs(unit: string): number {
  return UNITS.find(([pattern]) => pattern.test(unit))?.[1] ?? 0;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MONTH_DAY = String.raw`(?:(?<month>${MONTHS.join('|')})[a-z]*\.?\s+(?<day>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?<year>\d{4}))?,?\s+(?:at\s+)?)?`;
const WEEKDAY = String.raw`(?:(?<weekday>${DAYS.join('|')})[a-z]*,?\s+(?:at\s+)?)?`;
const CLOCK = String.raw`(?<hour>\d{1,2})(?::(?<minute>\d{2}))?\s*(?<half>[ap]\.?m\b\.?)?`;
const ZONE = String.raw`(?:\s*\(?(?<zone>UTC|GMT|[A-Z][A-Za-z]+\/[A-Za-z_/+-]+)\)?)?`;
const CLOCK_TIME = new RegExp(
  String.raw`\b(?:resets?|again)\s+(?:at\s+|on\s+)?${MONTH_DAY}${WEEKDAY}${CLOCK}${ZONE}`,
  'i',
);

/** `resets 3am`, `resets Oct 9, 3:30pm (Europe/Berlin)`, `try again at 15:05`, `try again at Nov 25th, 2026 3:05 PM`. */
function parseClockTime(text: string, now: number, zone: string): number | undefined {
  const found = CLOCK_TIME.exec(text)?.groups;
  // A bare number is no time of day.
  if (!found || (found.half === undefined && found.minute === undefined)) return undefined;
  const where = found.zone !== undefined && isZone(found.zone) ? found.zone : zone;
  const time = [hourOf(found), Number(found.minute ?? 0)] as const;
  const today = wallClock(now, where);
  const at = (day: number, month = today.month, year = today.year) => instantOf([year, month, day, ...time], where);
  if (found.month !== undefined) {
    const month = MONTHS.indexOf(found.month.toLowerCase());
    const year = Number(found.year ?? today.year);
    const there = at(Number(found.day), month, year);
    return found.year === undefined && there < now - LATEST ? at(Number(found.day), month, year + 1) : there;
  }
  const ahead = found.weekday === undefined ? 0 : (DAYS.indexOf(found.weekday.toLowerCase()) - today.weekday + 7) % 7;
  const there = at(today.day + ahead);
  if (there > now) return there;
  return at(today.day + ahead + (found.weekday === undefined ? 1 : 7));
}

function hourOf({hour, half}: Record<string, string | undefined>): number {
  if (half === undefined) return Number(hour);
  return (Number(hour) % 12) + (half.toLowerCase().startsWith('p') ? 12 : 0);
}

interface WallClock {
  year: number;
  /** From 0. */
  month: number;
  day: number;
  /** From 0, Sunday. */
  weekday: number;
  /** As if the zone were UTC, milliseconds since the Unix epoch. */
  asUtc: number;
}

function wallClock(at: number, zone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({type, value}) => [type, Number(value)]));
  const {year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0} = parts;
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second);
  return {year, month: month - 1, day, weekday: new Date(asUtc).getUTCDay(), asUtc};
}

/** The instant at which clocks in `zone` show this; the second look is for changes of summer time in between. */
function instantOf(shown: readonly [number, number, number, number, number], zone: string): number {
  const asUtc = Date.UTC(...shown);
  const guess = asUtc - offset(asUtc, zone);
  return asUtc - offset(guess, zone);
}

function offset(at: number, zone: string): number {
  return wallClock(at, zone).asUtc - Math.floor(at / SECOND) * SECOND;
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', {timeZone: zone});
    return true;
  } catch {
    return false;
  }
}

function machineZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function numberOrNone(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
