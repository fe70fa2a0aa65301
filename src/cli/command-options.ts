import type {CommandOptions} from '../engine/command.ts';
import type {MilestoneId} from '../milestone/plan.ts';
import {systemClock} from '../platform/clock.ts';
import {printable} from '../projections/terminal/printable.ts';
import {readPlan} from './plan-reader.ts';

/** How a command of this process works on a milestone. */
export function commandOptions(home: string, id: MilestoneId): CommandOptions {
  return {
    home,
    id,
    clock: systemClock,
    signal: new AbortController().signal,
    readPlan,
    callerEnv: process.env,
    warn: message => console.error(`warning: ${printable(message)}`),
  };
}
