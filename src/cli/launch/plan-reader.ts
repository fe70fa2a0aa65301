import type {PlanReading} from '../../plan/file/reader.ts';

/** What this program is called with, by itself, to read a plan for it. */
export const READ_PLAN = '__read-plan';

/** Read a plan in a process of its own, which is this program again. */
export async function readPlan(file: string, configFile: string): Promise<PlanReading> {
  const {readInChild} = await import('../../plan/file/read-in-child.ts');
  return readInChild([process.argv[1] as string, READ_PLAN], {file, configFile});
}

/** The same in this process, which is soon over. */
export async function readPlanHere(file: string, configFile: string): Promise<PlanReading> {
  const {readPlanAndConfig} = await import('../../plan/file/reader.ts');
  return readPlanAndConfig(file, configFile);
}
