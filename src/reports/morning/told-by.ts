import type {MorningReport} from './report-shape.ts';

/** Who tells what a report says, where that is not the log, and what nobody here knows then. */
export function toldBy({origin, removed_tests_unknown: unknown}: MorningReport): string[] {
  if (origin !== 'commits') return [];
  const tasks = unknown.length > NAMED ? `${unknown.length} tasks` : unknown.join(', ');
  return [
    'executed elsewhere: as its file and its commits say',
    ...(unknown.length > 0
      ? [`tests deleted, removed or skipped: not known of ${tasks}, whose commits are not here`]
      : []),
  ];
}

const NAMED = 5;
