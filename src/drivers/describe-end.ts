import {describeExit, type Exit} from '../platform/processes/start-group.ts';

/** How an agent's process ended, where exit code 0 is no success either. */
export function describeEnd(exit: Exit): string {
  return exit.code === null ? describeExit(exit) : `exit code ${exit.code}`;
}
