import {PlanReader, type PlanReading} from '../../plan/file/read-in-child.ts';
import {takeReader} from './start-reader.ts';

/** Loaded early, by commands that are going to read a plan: the process that reads it starts now, if it has not yet. */
const reader = new PlanReader(takeReader);

/** Read a plan in a process of its own, which is this program again. */
export function readPlan(file: string, configFile: string): Promise<PlanReading> {
  return reader.read(file, configFile);
}

/** End the process that was started ahead, if no plan was read after all. */
export function endPlanReader(): Promise<void> {
  return reader.end();
}
