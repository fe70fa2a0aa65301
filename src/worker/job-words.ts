import {type Handover, type Order, PROTOCOL} from '../workers/port.ts';

/** What a job is, for a person. */
export function subjectOf(order: Order): string {
  const {milestone} = order;
  // Of another protocol nobody knows what it has.
  if (order.protocol !== PROTOCOL) return `${milestone}: something of protocol ${order.protocol}`;
  if (order.kind === 'attempt') return `${milestone}: task ${order.task.id}, attempt ${order.attempt}`;
  const tasks = order.groups.map(({task}) => task).filter(task => task !== '');
  return `${milestone}: checks${tasks.length === 0 ? '' : ` of ${tasks.join(', ')}`}`;
}

/** How it ended. */
export function gistOf({result}: Handover, isTaken: boolean): string {
  const how = wordsOf(result);
  return isTaken ? how : `${how} (it was not its own any more)`;
}

function wordsOf(result: Handover['result']): string {
  if (result.kind === 'ended') return result.outcome.message;
  if (result.kind === 'claimed') return 'done';
  const isGreen = result.groups.flat().every(({result: {ok}}) => ok);
  return isGreen ? 'green' : 'red';
}
