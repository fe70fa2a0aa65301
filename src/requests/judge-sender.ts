import {isAlive, ownIdentity} from '../platform/processes/identity.ts';
import type {Rejection} from './decide-request.ts';
import {descendsFromAttempt} from './inside-attempt.ts';
import type {Ask, Request} from './request.ts';

/** What lets something pass that waits for a person. */
const DECISIONS: ReadonlyArray<Ask['kind']> = ['approve', 'reject', 'answer', 'skip'];

/**
 * Whether a request comes from somebody who may send it: nobody inside an attempt may, and a decision needs a sender
 * who is there. Of a sender on another host or in another container nothing is known, and he is believed; so is whoever
 * names another process as the sender, which is no accident.
 */
export async function judgeSender(home: string, {kind, sender}: Request): Promise<Rejection | undefined> {
  const alive = sender !== undefined && isAlive(sender, ownIdentity());
  if (sender && alive === true && (await descendsFromAttempt(home, sender.pid)))
    return refuse('it was sent from inside an attempt, and decisions are for people', kind);
  if (!alive && DECISIONS.includes(kind))
    return refuse(sender ? 'whoever sent it was gone before it was answered' : 'it does not say who sent it', kind);
  return undefined;
}

function refuse(reason: string, kind: Ask['kind']): Rejection {
  return {
    kind: 'rejected',
    code: 'REQUEST_REJECTED',
    reason,
    hint: `run \`milestone ${kind === 'done' ? 'task done' : kind}\` in a terminal of your own`,
  };
}
