import fs from 'node:fs';
import type {Agent} from '../execution/agent-loop.ts';
import type {ExecutionContext} from '../execution/context.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {heldPair} from '../state/held-tasks.ts';
import type {Blocker} from '../state/milestone.ts';
import {blockersOf} from '../state/open-blockers.ts';

const A_MINUTE_MS = 60_000;
const TYPE = 'milestone_dependency';

/** Sees while it runs whether what the milestone and its tasks depend on is still there. */
export function dependencyValidator(): Agent {
  return {
    name: 'dependency-validator',
    restMs: A_MINUTE_MS,
    wakesOn: ['milestone_resumed', 'plan_changed', 'task_failed', 'blocker_detected'],
    tick(context) {
      if (context.ending) return;
      validateMilestones(context);
      reportHeldTasks(context);
    },
  };
}

/** A milestone that this one requires may have been taken out of `completed/`, or be required only now. */
function validateMilestones(context: ExecutionContext): void {
  const {state, paths} = context;
  const missing = new Set(state.plan.requires.filter(id => !fs.existsSync(paths.completed(id))));
  const open = new Map(
    [...blockersOf(state, undefined).values()].filter(({type}) => type === TYPE).map(one => [requiredBy(one), one]),
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

/** Put on record, once, what cannot start because of what it depends on. */
function reportHeldTasks(context: ExecutionContext): void {
  for (const key of [...context.state.unreported])
    context.record({event: 'task_dependency_blocker', details: heldPair(key)});
}
