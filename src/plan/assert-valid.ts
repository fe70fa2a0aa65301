import {MilestoneError} from '../errors.ts';
import type {PlanFile} from './file/read-plan-text.ts';
import type {Problem} from './plan.ts';

/**
 * Make sure that a plan is fit to execute.
 * @throws {MilestoneError} `PLAN_INVALID`: its errors as one failure.
 */
export function validatePlan(read: Pick<PlanFile, 'plan' | 'problems'>, file: string): void {
  const errors = read.problems.filter(problem => problem.severity === 'error');
  if (errors.length === 0 && read.plan) return;
  const first = errors[0] ?? read.problems[0]; // what is no milestone at all is but a warning
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw new MilestoneError('PLAN_INVALID', `${first?.message ?? `\`${file}\` is not a milestone`}${more}`, {
    hint: errors.length > 1 ? [first?.hint, '`milestone validate` shows all'].filter(Boolean).join('; ') : first?.hint,
    where: first?.where ?? {file},
  });
}

/**
 * Make sure that what config.yaml says can be relied on.
 * @throws {MilestoneError} `CONFIG_INVALID`
 */
export function validateConfig(problems: readonly Problem[]): void {
  const error = problems.find(({severity}) => severity === 'error');
  if (error) throw new MilestoneError('CONFIG_INVALID', error.message, {hint: error.hint, where: error.where});
}
