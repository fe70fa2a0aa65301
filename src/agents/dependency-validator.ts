import fs from 'node:fs';
import type {Agent} from '../execution/agent-loop.ts';
import type {Execution} from '../execution/execution.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {heldUpPair} from '../state/held-up.ts';
import type {Blocker} from '../state/milestone.ts';
import {blockersOf} from '../state/open-blockers.ts';

const A_MINUTE_MS = 60_000;
const TYPE = 'milestone_dependency';

/** Sees while it runs whether what the milestone and its tasks depend on is still there. */
export function dependencyValidator(execution: Pick<Execution, 'ledger' | 'lifetime' | 'surroundings'>): Agent {
  return {
    name: 'dependency-validator',
    everyMs: A_MINUTE_MS,
    wakesOn: ['plan', 'go', 'trouble'],
    tick() {
      if (execution.lifetime.ending) return;
      validateMilestones(execution);
      reportHeldUp(execution);
    },
  };
}

/** A milestone that this one requires may have been taken out of `completed/`, or be required only now. */
function validateMilestones(execution: Pick<Execution, 'ledger' | 'surroundings'>): void {
  const {state} = execution.ledger;
  const {paths} = execution.surroundings;
  const missing = new Set(state.plan.requires.filter(id => !fs.existsSync(paths.completed(id))));
  const open = new Map(
    [...blockersOf(state, undefined).values()].filter(({type}) => type === TYPE).map(one => [requiredBy(one), one]),
  );
  for (const [requires, {id}] of open) {
    if (missing.has(requires)) continue;
    execution.ledger.record({event: 'blocker_resolved', details: {id}});
    if (state.plan.requires.includes(requires))
      execution.ledger.record({event: 'dependency_resolved', details: {requires}});
  }
  for (const requires of missing) if (!open.has(requires)) openBlocker(execution, requires);
}

function openBlocker(execution: Pick<Execution, 'ledger'>, requires: MilestoneId): void {
  const message = `milestone \`${requires}\`, which this one requires, is not in \`completed/\``;
  const hint = `complete \`${requires}\` or put it back; it is looked for every minute`;
  const id = `${TYPE}-${requires}-${execution.ledger.state.seq + 2}`;
  execution.ledger.record(
    {event: 'dependency_blocker', details: {requires, message}},
    {event: 'blocker_detected', details: {id, type: TYPE, message, hint}},
  );
}

/** The milestone that is in the middle of a blocker's id. */
function requiredBy({id}: Blocker): MilestoneId {
  return id.slice(`${TYPE}-`.length, id.lastIndexOf('-'));
}

/** Put on record, once, what cannot start because of what it depends on. */
function reportHeldUp(execution: Pick<Execution, 'ledger'>): void {
  for (const key of [...execution.ledger.state.unreported])
    execution.ledger.record({event: 'task_dependency_blocker', details: heldUpPair(key)});
}
