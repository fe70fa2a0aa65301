import fs from 'node:fs';
import type {ExecutionContext} from '../engine/context.ts';
import type {TaskId} from '../milestone/plan.ts';
import {taskState} from '../state/milestone.ts';
import type {Agent} from './agent.ts';

const A_MINUTE_MS = 60_000;

/** Sees while it runs whether what the milestone and its tasks depend on is still there. */
export function dependencyValidator(): Agent {
  const reported = new Set<string>();
  return {
    name: 'dependency-validator',
    restMs: A_MINUTE_MS,
    wakesOn: ['milestone_resumed', 'plan_changed', 'task_failed'],
    tick(context) {
      if (context.ending) return;
      validateMilestones(context);
      validateTasks(context, reported);
    },
  };
}

/** A milestone that this one requires may have been taken out of `completed/`, or be required only now. */
function validateMilestones(context: ExecutionContext): void {
  const {state, paths} = context;
  for (const requires of state.plan.requires) {
    const open = [...state.blockers.values()].find(
      ({type, message}) => type === 'milestone_dependency' && message.includes(`\`${requires}\``),
    );
    const isThere = fs.existsSync(paths.completed(requires));
    if (isThere && open) {
      context.record(
        {event: 'blocker_resolved', details: {id: open.id}},
        {event: 'dependency_resolved', details: {requires}},
      );
    } else if (!isThere && !open) {
      const message = `milestone \`${requires}\`, which this one requires, is not in \`completed/\``;
      context.record({event: 'dependency_blocker', details: {requires, message}});
      const hint = `complete \`${requires}\` or put it back; it is looked for every minute`;
      context.openBlocker({type: 'milestone_dependency', message, hint});
    }
  }
}

/** What cannot start because of what it depends on. */
function validateTasks(context: ExecutionContext, reported: Set<string>): void {
  const {state} = context;
  if (state.counts.failed === 0 && state.counts.blocked === 0) reported.clear();
  for (const [id, task] of state.tasks) {
    if (task.status !== 'failed' && task.status !== 'blocked') continue;
    for (const dependant of state.dependants.get(id) ?? []) report(context, reported, dependant, id);
  }
}

function report(context: ExecutionContext, reported: Set<string>, task_id: TaskId, dependency: TaskId): void {
  const key = `${task_id} ${dependency}`;
  if (reported.has(key) || taskState(context.state, task_id).status !== 'pending') return;
  reported.add(key);
  context.record({event: 'task_dependency_blocker', details: {task_id, dependency}});
}
