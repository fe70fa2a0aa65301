import {PlanReader, type PlanReading} from '../milestone/read-in-child.ts';

/** A short life with much garbage: a large nursery spares most of its collection. */
const FLAGS = ['--max-semi-space-size=64'];

/** Loaded early, by commands that are going to read a plan: the process that reads it starts now. */
const reader = new PlanReader([...FLAGS, process.argv[1] as string, '__read-plan']);

/** Read a plan in a process of its own, which is this program again. */
export function readPlan(file: string, configFile: string): Promise<PlanReading> {
  return reader.read(file, configFile);
}

/** End the process that was started ahead, if no plan was read after all. */
export function endPlanReader(): Promise<void> {
  return reader.end();
}
