// Where attempts work: here, or on a worker that carries some labels. Pure.

import type {Settings, Task} from './plan.ts';

/** Labels that a worker must carry, sorted; undefined for what stays here. */
export function labelsOf(where: Settings['where']): string[] | undefined {
  if (where === undefined || where === HERE) return undefined;
  if (where === ANY) return [];
  return [...new Set(typeof where === 'string' ? [where] : where)].sort();
}

const HERE = 'here';
const ANY = 'any';

export interface Going {
  task: Task;
  settings: {uses: readonly string[]};
  isManual: boolean;
  /** `git.hooks`, and how attempts are kept apart. */
  hooks: boolean;
  isolation: 'worktree' | 'shared' | 'none';
}

/** Why an attempt cannot leave this machine; undefined where it can. */
export function whyItStays({task, settings, isManual, hooks, isolation}: Going): string | undefined {
  if (isolation !== 'worktree') return 'what workers do comes home as commits, which needs `isolation: worktree`';
  if (isManual) return 'it is done by a person';
  if (task.kiro_workflow?.enabled) return 'its phases and gates are looked after here';
  if (task.review) return 'its work is reviewed here';
  if (task.run !== undefined && settings.uses.length > 0) return 'what it `uses` is here';
  if (hooks) return '`git.hooks` run here';
  return undefined;
}
