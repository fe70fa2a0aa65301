import {findProgram} from '../platform/processes/find-program.ts';
import {MANUAL_DRIVER} from './manual.ts';

/** Coding agents, each the name of its program; the first that is installed does what no driver is named for. */
export const PREFERRED_AGENTS = ['claude', 'codex', 'opencode'] as const;

/** Who does what no driver is named for: the first agent on this PATH, else a person. Starts nothing. */
export function defaultDriver(searchPath: string | undefined): string {
  return PREFERRED_AGENTS.find(name => findProgram(name, searchPath) !== undefined) ?? MANUAL_DRIVER;
}
