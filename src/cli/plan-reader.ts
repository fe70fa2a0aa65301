import {findHome, homePaths} from '../milestone/home.ts';
import {isValidId} from '../milestone/ids.ts';
import {PlanReader, type PlanReading} from '../milestone/read-in-child.ts';
import {readIfExists} from '../platform/files.ts';

/** A short life with much garbage: a large nursery spares most of its collection. */
const FLAGS = ['--max-semi-space-size=64'];

/** Loaded early, by commands that are going to read a plan: the process that reads it starts now. */
const reader = new PlanReader([
  ...FLAGS,
  process.argv[1] as string,
  '__read-plan',
  ...guessPlan(process.argv.slice(3)),
]);

/** Read a plan in a process of its own, which is this program again. */
export function readPlan(file: string, configFile: string): Promise<PlanReading> {
  return reader.read(file, configFile);
}

/** End the process that was started ahead, if no plan was read after all. */
export function endPlanReader(): Promise<void> {
  return reader.end();
}

/** The plan that is probably meant, before the command line is understood; a wrong guess costs nothing but time. */
function guessPlan(words: readonly string[]): string[] {
  const home = findHome(process.cwd());
  if (home === undefined) return [];
  const paths = homePaths(home);
  const id = words.find(word => !word.startsWith('-')) ?? readIfExists(paths.current)?.trim();
  return id !== undefined && isValidId(id) ? [paths.active(id)] : [];
}
