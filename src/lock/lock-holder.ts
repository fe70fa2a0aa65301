// Who holds a lock, and whether it is still there to hold it.

import {MilestoneError} from '../errors.ts';
import type {Timestamp} from '../events/event.ts';
import {type Identity, isAlive} from '../platform/processes/identity.ts';

/** `execute` lasts as long as an execution; `command` is over in a moment and may be waited for. */
export type LockPurpose = 'execute' | 'command';

/** Who holds a lock, as it stands in the file. */
export interface LockOwner extends Identity {
  purpose: LockPurpose;
  session_id?: string;
  /** Of a lock on a checkout: the milestone that works in it. */
  checkout_for?: string;
  since: Timestamp;
  /** Of an execution: what it started carries one of them, and is found by it when the owner is dead. */
  tokens?: string[];
}

/** What a status shows about a lock. `owner` is absent when the file cannot be understood. */
export interface LockHolder {
  owner?: LockOwner;
  alive: boolean | 'unknown';
}

/** Who holds a lock of this content; `undefined` when it was released. */
export function holderOf(content: string, here: Identity): LockHolder | undefined {
  const owner = parseOwner(content);
  if (owner === 'released') return undefined;
  return owner ? {owner, alive: isAlive(owner, here)} : {alive: 'unknown'};
}

function parseOwner(content: string): LockOwner | 'released' | undefined {
  try {
    const value = JSON.parse(content);
    if (value?.released === true) return 'released';
    const isOwner = Number.isSafeInteger(value?.pid) && value.pid > 0 && typeof value.host === 'string';
    return isOwner ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether somebody is at work, as far as anybody can tell: an owner on another host or in another pid namespace is never
 * presumed dead.
 */
export function isAtWork<Holder extends Pick<LockHolder, 'alive'>>(holder: Holder | undefined): holder is Holder {
  return holder !== undefined && holder.alive !== false;
}

/** Whether a lock is another's: it lives, or nobody here can say so and it is not to be taken over. */
export function isInTheWay(holder: LockHolder | undefined, takeOver: boolean): holder is LockHolder {
  return holder?.alive === true || (holder?.alive === 'unknown' && !takeOver);
}

/** By what to find what an owner that is dead has left running; nothing when it lives, or there is none. */
export function tokensLeftBy(holder: LockHolder | undefined): ReadonlySet<string> {
  const tokens = holder?.alive === false ? holder.owner?.tokens : undefined;
  return new Set(Array.isArray(tokens) ? tokens : []);
}

/** The `LOCKED` that names who is in the way. */
export function lockedError(folder: string, {owner, alive}: LockHolder): MilestoneError {
  if (!owner)
    return new MilestoneError(
      'LOCKED',
      `the lock \`${folder}\` cannot be understood, so its owner may still be at work`,
      {
        hint: 'make sure that nothing works on this milestone, then use `--take-over`',
      },
    );
  const {checkout_for: id} = owner;
  const held = id === undefined ? 'this milestone' : 'this checkout';
  const session = owner.session_id === undefined ? '' : `session \`${owner.session_id}\`, `;
  const who = `process ${owner.pid} on \`${owner.host}\` (${session}since ${owner.since})`;
  if (alive === 'unknown')
    return new MilestoneError('LOCKED', `${who} holds ${held}, and from here nobody can tell whether it is alive`, {
      hint: 'if it is not, use `--take-over`',
    });
  if (owner.purpose === 'command')
    return new MilestoneError('LOCKED', `a command holds this milestone: ${who}`, {
      hint: 'try again when it has ended',
    });
  if (id !== undefined)
    return new MilestoneError('LOCKED', `milestone \`${id}\` works in this checkout: ${who}`, {
      hint: `one at a time can: follow it with \`milestone wait ${id}\`, or end it with \`milestone pause ${id}\``,
    });
  return new MilestoneError('LOCKED', `another executor holds this milestone: ${who}`, {
    hint: 'follow it with `milestone wait`, or end it with `milestone pause`',
  });
}
