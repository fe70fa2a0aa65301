import {PREFERRED_AGENTS} from '../drivers/default-driver.ts';
import {MANUAL_DRIVER} from '../drivers/manual.ts';
import type {DriverSet} from '../drivers/registry.ts';
import {isKiro, KIRO_PHASES, taskInPhase} from '../plan/kiro-plan.ts';
import type {Plan, Settings, Task} from '../plan/plan.ts';

export interface NoAgent {
  message: string;
  hint: string;
}

/**
 * What to say of tasks that a person gets only because no coding agent is installed; undefined when there are none.
 * Who is named in the plan, or in the `project`'s settings, is meant.
 */
export function explainNoAgent(plan: Plan, project: Settings, drivers: DriverSet): NoAgent | undefined {
  const isNamed = (plan.settings.driver ?? project.driver) !== undefined;
  if (isNamed || drivers.defaultName !== MANUAL_DRIVER) return undefined;
  const count = plan.tasks.filter(task => partsOf(task).some(isForAnyAgent)).length;
  if (count === 0) return undefined;
  const tasks = count === 1 ? '1 task without `run` waits' : `${count} tasks without \`run\` wait`;
  return {
    message: `no coding agent was found on PATH (${PREFERRED_AGENTS.join(', ')}): ${tasks} for a person`,
    hint: 'install one, or name `driver: manual` when a person is meant',
  };
}

/** The task as each of its phases does it. */
function partsOf(task: Task): Task[] {
  return isKiro(task) ? KIRO_PHASES.map(phase => taskInPhase(task, phase)) : [task];
}

function isForAnyAgent({run, driver}: Task): boolean {
  return run === undefined && driver === undefined;
}
