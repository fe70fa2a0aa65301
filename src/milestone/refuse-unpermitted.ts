import {isInsideAgent} from '../drivers/environment.ts';
import {MilestoneError} from '../errors.ts';
import {isKiro} from '../plan/kiro-plan.ts';
import type {Plan, Settings, Task} from '../plan/plan.ts';
import {resolveTaskSettings} from '../plan/settings.ts';

export interface PermissionFacts {
  plan: Plan;
  /** Of config.yaml. */
  project: Settings;
  /** Of the command line. */
  yolo: boolean;
  /** Of the command line. */
  gates: 'wait' | 'auto' | undefined;
  callerEnv: Readonly<Record<string, string | undefined>>;
}

/**
 * What an agent could do to get more rights than a person gave it is refused before anything starts.
 * @throws {MilestoneError} `NOT_PERMITTED`
 */
export function refuseUnpermitted({plan, project, yolo, gates, callerEnv}: PermissionFacts): void {
  if (isInsideAgent(callerEnv) && (yolo || gates === 'auto'))
    throw new MilestoneError(
      'NOT_PERMITTED',
      `\`${yolo ? '--yolo' : '--gates auto'}\` is not for a session of a coding agent`,
      {hint: 'run it in a terminal of your own'},
    );
  if (yolo) return;
  const full = plan.tasks.find(
    task => isForAgents(task) && resolveTaskSettings(task, plan.settings, project).permissions === 'full',
  );
  if (full)
    throw new MilestoneError(
      'NOT_PERMITTED',
      `task \`${full.id}\` has \`permissions: full\`, which needs \`--yolo\` too`,
      {
        hint: 'add `--yolo`, or use `permissions: project` with `allow`',
      },
    );
}

/** Only the last phase of a kiro task runs its command. */
function isForAgents(task: Task): boolean {
  return task.run === undefined || isKiro(task);
}
