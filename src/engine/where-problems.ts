import type {DriverSet} from '../drivers/registry.ts';
import type {Config} from '../plan/file/read-plan-text.ts';
import type {Plan, Task, TaskId} from '../plan/plan.ts';
import {resolveMilestoneSettings, resolveTaskSettings} from '../plan/settings.ts';
import {labelsOf, whyItStays} from '../plan/where.ts';
import type {Activation} from '../state/milestone.ts';

export interface WhereFacts {
  config: Pick<Config, 'settings' | 'workers'>;
  drivers: DriverSet;
  /** Of the execution, or as it would be; the plan's own wins before there is one. */
  isolation: {activated: Activation['isolation'] | undefined; isInGit: boolean};
}

/** Something that a plan asks of workers, and that cannot be. */
export interface WhereProblem {
  message: string;
  hint: string;
  /** Which asks for it. */
  setting: 'where' | 'verify_where';
  /** Of which task; absent for what is asked of the milestone. */
  task?: TaskId;
}

/** What a plan asks of workers that cannot be, on whichever machine. */
export function whereProblems(plan: Plan, facts: WhereFacts): WhereProblem[] {
  const {tasks, settings} = plan;
  const {settings: project = {}, workers} = facts.config;
  if (!workers) {
    const away = tasks.find(task => labelsOf(task.where ?? settings.where ?? project.where) !== undefined);
    const isChecked = checkLabels(plan, facts) !== undefined;
    return [
      ...(away ? [noWorkers(`task \`${away.id}\` is`, 'where', away.id)] : []),
      ...(isChecked ? [noWorkers('the checks of what is merged are', 'verify_where')] : []),
    ];
  }
  return tasks.flatMap(task => {
    const why = labelsOf(task.where) === undefined ? undefined : whyStays(task, plan, facts);
    if (why === undefined) return [];
    const message = `task \`${task.id}\` cannot go to a worker: ${why}`;
    return [{message, hint: 'remove its `where`, or set `where: here`', setting: 'where', task: task.id}];
  });
}

/** Labels of the worker that a task would go to; undefined where it would be done here. */
export function labelsFor(task: Task, plan: Plan, facts: WhereFacts): string[] | undefined {
  const {settings, workers} = facts.config;
  const labels = labelsOf(task.where ?? plan.settings.where ?? settings?.where);
  return workers && labels && whyStays(task, plan, facts) === undefined ? labels : undefined;
}

/** Whether anything of a plan would be done, or checked, by workers. */
export function asksForWorkers(plan: Plan, facts: WhereFacts): boolean {
  if (!facts.config.workers || isolationOf(plan, facts) !== 'worktree') return false;
  return checkLabels(plan, facts) !== undefined || plan.tasks.some(task => labelsFor(task, plan, facts) !== undefined);
}

function checkLabels({settings}: Plan, {config}: WhereFacts): string[] | undefined {
  return labelsOf(settings.verify_where ?? config.settings?.verify_where);
}

/** Why a task would be done here, wherever the plan wants it. */
function whyStays(task: Task, plan: Plan, facts: WhereFacts): string | undefined {
  const {settings: project = {}} = facts.config;
  const own = resolveTaskSettings(task, plan.settings, project);
  return whyItStays({
    task,
    settings: own,
    isManual: facts.drivers.chooseElsewhere(task, own).kind === 'manual',
    hooks: resolveMilestoneSettings(plan.settings, project).git.hooks,
    isolation: isolationOf(plan, facts),
  });
}

function isolationOf({settings}: Plan, {config, isolation: {activated, isInGit}}: WhereFacts): Activation['isolation'] {
  return activated ?? settings.isolation ?? config.settings?.isolation ?? (isInGit ? 'worktree' : 'none');
}

function noWorkers(what: string, setting: WhereProblem['setting'], task?: TaskId): WhereProblem {
  const message = `${what} for a worker (\`${setting}\`), and config.yaml names none`;
  const hint = `say under \`workers\` in .milestones/config.yaml where they are found, or set \`${setting}: here\``;
  return {message, hint, setting, ...(task !== undefined && {task})};
}
