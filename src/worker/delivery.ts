// What a worker does with an order, from what it fetches to what it hands in.

import {stoppedOutcome} from '../drivers/driver.ts';
import type {Outcome} from '../events/details/outcome.ts';
import {type Handover, type Order, PROTOCOL, type RemoteCommit} from '../workers/port.ts';
import {type AttemptParts, AttemptWork} from './attempt-work.ts';
import {runOrderedChecks} from './ordered-checks.ts';
import {type BenchParts, Workbench} from './workbench.ts';

export interface DeliveryParts extends BenchParts, Pick<AttemptParts, 'delivery' | 'ownQueue' | 'reporter'> {
  order: Order;
  worker: {name: string; version: string};
}

/** Do what an order says. @returns What is to be handed in; that the machine failed is its end, not that of the worker. */
export async function deliver(parts: DeliveryParts): Promise<Handover> {
  const {stop, worker} = parts;
  const ended = (outcome: Outcome): Handover => ({worker: worker.name, result: {kind: 'ended', outcome}});
  const refused = refuse(parts);
  if (refused) return ended(refused);
  try {
    return {worker: worker.name, ...(await work(parts))};
  } catch (error) {
    return ended(stop.aborted ? stoppedOutcome(stop) : lostAt(worker.name, (error as Error).message));
  }
}

function refuse({order, worker}: DeliveryParts): Outcome | undefined {
  if (order.protocol === PROTOCOL) return undefined;
  const older = order.protocol > PROTOCOL ? `the worker \`${worker.name}\`` : 'the coordinator';
  return {
    kind: 'driver_missing',
    message: `the worker \`${worker.name}\` (milestone ${worker.version}, protocol ${PROTOCOL}) cannot take what milestone ${order.version} sends (protocol ${order.protocol})`,
    hint: `update milestone of ${older}`,
  };
}

async function work(parts: DeliveryParts): Promise<Omit<Handover, 'worker'>> {
  const {order, clones} = parts;
  const clone = await clones.of(order);
  for (const commit of commitsOf(order))
    if (!(await clone.fetch(commit))) throw new Error(`the remote has not the commit ${commit.commit}`);
  const bench = await Workbench.prepare(order, clone, parts);
  if (order.kind === 'checks') return runOrderedChecks(order, bench, parts);
  return new AttemptWork({...parts, order, bench}).run();
}

function commitsOf(order: Order): RemoteCommit[] {
  return order.kind === 'attempt' && order.work ? [order.base, order.work] : [order.base];
}

/** The worker cannot do its part; somebody else may. */
function lostAt(worker: string, why: string): Outcome {
  return {
    kind: 'interrupted',
    message: `was interrupted: the worker \`${worker}\` could not go on: ${why}`,
    executor_died: false,
    worker_lost: true,
  };
}
