import chalk from 'chalk';
import type {MilestoneEvent} from '../../events/event.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {eventLine} from '../../terminal/events/event-line.ts';
import {printableLines} from '../../terminal/printable.ts';

export interface EventPrinter {
  events(events: readonly MilestoneEvent[], state: MilestoneState): void;
  warn(message: string): void;
}

/** Prints events as they reach the disk: one plain line for each that matters, or every one as JSON. */
export function eventPrinter(json: boolean): EventPrinter {
  if (process.env.NO_COLOR) chalk.level = 0; // which chalk itself does not look at
  return {
    events(events, state) {
      const lines = json
        ? events.map(event => JSON.stringify(event))
        : events.flatMap(event => eventLine(event, state));
      if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
    },
    warn: message => console.error(`warning: ${printableLines(message)}`),
  };
}
