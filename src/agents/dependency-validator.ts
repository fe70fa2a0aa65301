import fs from 'node:fs';
import type {ExecutionContext} from '../engine/context.ts';
import type {MilestoneId} from '../milestone/plan.ts';
import {type Blocker, taskState} from '../state/milestone.ts';
import type {Agent} from './agent.ts';

const A_MINUTE_MS = 60_000;
const TYPE = 'milestone_dependency';

/** Sees while it runs whether what the milestone and its tasks depend on is still there. */
export function dependencyValidator(): Agent {
  let reported = new Set<string>();
  return {
    name: 'dependency-validator',
    restMs: A_MINUTE_MS,
    wakesOn: ['milestone_resumed', 'plan_changed', 'task_failed', 'blocker_detected'],
    tick(context) {
      if (context.ending) return;
      validateMilestones(context);
      reported = reportHeldTasks(context, reported);
    },
  };
}

/** A milestone that this one requires may have been taken out of `completed/`, or be required only now. */
function validateMilestones(context: ExecutionContext): void {
  const {state, paths} = context;
  const missing = new Set(state.plan.requires.filter(id => !fs.existsSync(paths.completed(id))));
  const open = new Map(
    [...state.blockers.values()].filter(({type}) => type === TYPE).map(one => [requiredBy(one), one]),
  );
  for (const [requires, {id}] of open) {
    if (missing.has(requires)) continue;
    context.record({event: 'blocker_resolved', details: {id}});
    if (state.plan.requires.includes(requires)) context.record({event: 'dependency_resolved', details: {requires}});
  }
  for (const requires of missing) if (!open.has(requires)) openBlocker(context, requires);
}

function openBlocker(context: ExecutionContext, requires: MilestoneId): void {
  const message = `milestone \`${requires}\`, which this one requires, is not in \`completed/\``;
  const hint = `complete \`${requires}\` or put it back; it is looked for every minute`;
  const id = `${TYPE}-${requires}-${context.state.seq + 2}`;
  context.record(
    {event: 'dependency_blocker', details: {requires, message}},
    {event: 'blocker_detected', details: {id, type: TYPE, message, hint}},
  );
}

/** The milestone that is in the middle of a blocker's id. */
function requiredBy({id}: Blocker): MilestoneId {
  return id.slice(`${TYPE}-`.length, id.lastIndexOf('-'));
}

/**
 * Put on record, once, what cannot start because of what it depends on.
 * @returns What is on record of those that still cannot.
 */
function reportHeldTasks(context: ExecutionContext, reported: ReadonlySet<string>): Set<string> {
  const {state} = context;
  const held = new Set<string>();
  for (const dependency of state.stuck) {
    for (const task_id of state.dependants.get(dependency) ?? []) {
      if (taskState(state, task_id).status !== 'pending') continue;
      const key = `${task_id} ${dependency}`;
      held.add(key);
      if (!reported.has(key)) context.record({event: 'task_dependency_blocker', details: {task_id, dependency}});
    }
  }
  return held;
}
