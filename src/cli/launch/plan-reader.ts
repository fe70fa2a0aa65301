import fs from 'node:fs';
// Not when it is needed: an executor outlives an update of the program.
import {readInChild} from '../../plan/file/read-in-child.ts';
import type {PlanReading} from '../../plan/file/reader.ts';
import {READ_PLAN} from './read-plan.ts';

/** Up to here an executor does not notice what reading takes: three megabytes. */
const LARGEST_READ_HERE_BYTES = 64 * 1024;

/** Read a plan for an executor: a large one in a process of its own, which is this program again. */
export async function readPlan(file: string, configFile: string): Promise<PlanReading> {
  if (sizeOf(file) + sizeOf(configFile) <= LARGEST_READ_HERE_BYTES) return readPlanHere(file, configFile);
  return readInChild([process.argv[1] as string, READ_PLAN], {file, configFile});
}

/** The same in this process, which is soon over. */
export async function readPlanHere(file: string, configFile: string): Promise<PlanReading> {
  const {readPlanAndConfig} = await import('../../plan/file/reader.ts');
  return readPlanAndConfig(file, configFile);
}

/** In bytes; 0 where there is nothing to look at, which the reader will say. */
function sizeOf(file: string): number {
  try {
    return fs.statSync(file).size;
  } catch {
    return 0;
  }
}
