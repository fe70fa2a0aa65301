// Who holds a lock, and whether it is still there to hold it.

import {MilestoneError} from '../errors.ts';
import type {Timestamp} from '../events/timestamp.ts';
import {folderNumber} from '../platform/files.ts';
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
  /** Number of the lock's folder: what a copy of it says is of what runs elsewhere. */
  folder?: string;
}

/**
 * Who holds a lock. `here`: a process that lives. `gone`: one that died. `elsewhere`: nobody here can say whether it
 * lives, because it is on another host or in another container, or because the lock cannot be understood (then without
 * `owner`); it is never presumed dead.
 */
export type Holder =
  | {who: 'nobody'; owner?: undefined}
  | {who: 'here' | 'gone'; owner: LockOwner}
  | {who: 'elsewhere'; owner?: LockOwner};

export const NOBODY: Holder = {who: 'nobody'};

/** Line that follows the owner's in the file of a lock that he has given back. */
export const RELEASED = '{"released":true}\n';

/** Who holds a lock of this content; nobody when it was released. */
export function holderOf(content: string, here: Identity): Holder {
  if (content.endsWith(`\n${RELEASED}`)) return NOBODY;
  const owner = parseOwner(content.split('\n')[0] as string);
  if (!owner) return {who: 'elsewhere'};
  const alive = isAlive(owner, here);
  return alive === 'unknown' ? {who: 'elsewhere', owner} : {who: alive ? 'here' : 'gone', owner};
}

function parseOwner(line: string): LockOwner | undefined {
  try {
    const value = JSON.parse(line);
    const isOwner = Number.isSafeInteger(value?.pid) && value.pid > 0 && typeof value.host === 'string';
    return isOwner ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether somebody is at work, as far as anybody can tell. */
export function isAtWork(who: Holder['who']): boolean {
  return who === 'here' || who === 'elsewhere';
}

/** Whether a lock is another's: it lives, or nobody here can say so and it is not to be taken over. */
export function isInTheWay({who}: Holder, takeOver: boolean): boolean {
  return who === 'here' || (who === 'elsewhere' && !takeOver);
}

/**
 * By what to find what an owner that is dead has left running; nothing when it lives, or there is none, or the lock was
 * copied from another folder.
 */
export function tokensLeftBy({who, owner}: Holder, folder: string): ReadonlySet<string> {
  const isHere = who === 'gone' && (owner.folder === undefined || owner.folder === folderNumber(folder));
  const tokens = isHere ? owner.tokens : undefined;
  return new Set(Array.isArray(tokens) ? tokens : []);
}

/** The `LOCKED` that names who is in the way. */
export function lockedError(folder: string, {owner, who: holder}: Holder): MilestoneError {
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
  if (holder === 'elsewhere')
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
