import type {DriverSet} from '../drivers/registry.ts';
import type {Ground} from '../execution/execution.ts';
import type {HeldMilestone} from '../milestone/hold.ts';
import type {Plan, Problem, Settings} from '../plan/plan.ts';
import {resolveMilestoneSettings, resolveTaskSettings} from '../plan/settings.ts';
import {labelsOf, whyItStays} from '../plan/where.ts';
import type {Activation} from '../state/milestone.ts';

export interface PlaceFacts {
  /** Settings of config.yaml. */
  project: Settings;
  /** Whether config.yaml says where workers are found. */
  hasWorkers: boolean;
  drivers: DriverSet;
  /** Of the execution, or as it would be; the plan's own wins before there is one. */
  isolation: {activated: Activation['isolation'] | undefined; isInGit: boolean};
}

/** What a plan asks of workers that cannot be, each an error. */
export function placeProblems({tasks, settings}: Plan, facts: PlaceFacts): Problem[] {
  const {
    project,
    hasWorkers,
    drivers,
    isolation: {activated, isInGit},
  } = facts;
  if (!hasWorkers) {
    const away = tasks.find(task => labelsOf(task.where ?? settings.where ?? project.where) !== undefined);
    const isChecked = labelsOf(settings.verify_where ?? project.verify_where) !== undefined;
    return [
      ...(away ? [noWorkers(`task \`${away.id}\` is`, 'where')] : []),
      ...(isChecked ? [noWorkers('the checks of what is merged are', 'verify_where')] : []),
    ];
  }
  const {git, isolation} = resolveMilestoneSettings(settings, project);
  return tasks.flatMap(task => {
    if (labelsOf(task.where) === undefined) return [];
    const own = resolveTaskSettings(task, settings, project);
    const why = whyItStays({
      task,
      settings: own,
      isManual: drivers.chooseElsewhere(task, own).kind === 'manual',
      hooks: git.hooks,
      isolation: activated ?? isolation ?? (isInGit ? 'worktree' : 'none'),
    });
    const message = `task \`${task.id}\` cannot go to a worker: ${why}`;
    return why === undefined ? [] : [problem(message, 'remove its `where`, or set `where: here`')];
  });
}

/** The same of a milestone that is activated: what is asked before an edit of its plan is taken. */
export function placeRefusals(
  {read: {config}, repo}: Pick<HeldMilestone, 'read' | 'repo'>,
  {ledger: {state}, inForce: {drivers}}: Pick<Ground, 'ledger' | 'inForce'>,
): (plan: Plan) => Problem[] {
  return plan =>
    placeProblems(plan, {
      project: config.settings ?? {},
      hasWorkers: config.workers !== undefined,
      drivers,
      isolation: {activated: state.activation?.isolation, isInGit: repo !== undefined},
    });
}

function noWorkers(what: string, setting: 'where' | 'verify_where'): Problem {
  return problem(
    `${what} for a worker (\`${setting}\`), and config.yaml names none`,
    `say under \`workers\` in .milestones/config.yaml where they are found, or set \`${setting}: here\``,
  );
}

function problem(message: string, hint: string): Problem {
  return {severity: 'error', code: 'NO_WORKERS', message, hint};
}
