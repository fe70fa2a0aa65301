import type {CommandOptions} from '../milestone/hold.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {systemClock} from '../platform/clock.ts';
import {printableLines} from '../terminal/printable.ts';
import {readPlanHere} from './launch/plan-reader.ts';

/** How a command of this process works on a milestone. */
export function commandOptions(home: string, id: MilestoneId): CommandOptions {
  return {
    home,
    id,
    clock: systemClock,
    signal: new AbortController().signal,
    readPlan: readPlanHere,
    callerEnv: process.env,
    warn: message => console.error(`warning: ${printableLines(message)}`),
  };
}
