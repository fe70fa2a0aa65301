// Who descends from an attempt decides nothing, whatever its environment says.

import path from 'node:path';
import {readLastEvents} from '../events/read-log.ts';
import {findLocksFolder} from '../lock/executor.ts';
import {type Holder, readLockOwner} from '../lock/lock.ts';
import {homePaths, isInsideSlot} from '../plan/file/home.ts';
import {listFolder} from '../platform/files.ts';
import {ownIdentity} from '../platform/processes/identity.ts';
import {type Relatives, relativesOf, workingFolderOf} from '../platform/processes/relatives.ts';
import {matchToken} from '../platform/processes/tokens.ts';

/** So many attempts may run beside each other and be told from a person's own processes. */
const LATEST_ATTEMPTS = 256;

/**
 * Whether a process works in a slot, or descends from an attempt of a milestone of this repository: an executor started
 * what started it, one of those carries its run token, or it is in an attempt's session. Out of reach is only who left
 * the slot and the session, lost its parent, and carries no token.
 */
export async function descendsFromAttempt(home: string, pid: number): Promise<boolean> {
  const folder = workingFolderOf(pid);
  if (folder !== undefined && isInsideSlot(folder)) return true;
  const holders = readHolders(home);
  if (holders.length === 0) return false;
  const relatives = await relativesOf(pid);
  return (
    carriesToken(relatives, holders) ||
    isStartedByExecutor(relatives, holders) ||
    holders.some(holder => isInSession(relatives, home, holder))
  );
}

/** An executor; `id` is its milestone's, or the name of another lock. */
type Executor = Holder & {id: string};

function readHolders(home: string): Executor[] {
  const locks = findLocksFolder(home);
  const here = ownIdentity();
  return listFolder(locks).flatMap(id => {
    const holder = readLockOwner(path.join(locks, id), here);
    return holder.owner?.purpose === 'execute' ? [{...holder, id}] : [];
  });
}

/** What an executor that died has left running carries its token as well. */
function carriesToken({line, leaders}: Relatives, holders: readonly Executor[]): boolean {
  const tokens = new Set(holders.flatMap(({owner}) => owner?.tokens ?? []));
  return [...line, ...leaders].some(({token}) => token !== undefined && matchToken(token, tokens) !== undefined);
}

function isStartedByExecutor({line}: Relatives, holders: readonly Executor[]): boolean {
  const [, ...ancestors] = line;
  return holders.some(({who, owner}) =>
    ancestors.some(({pid, started}) => who === 'here' && pid === owner.pid && started === owner.process_started),
  );
}

/** The first process of a session may have ended before the others: its number then stays taken as long as they run. */
function isInSession({line, leaders}: Relatives, home: string, {id, who, owner}: Executor): boolean {
  if (who !== 'here') return false;
  const ids = new Set(line.flatMap(({group, session}) => [group, session]));
  return workingOf(home, id, owner.session_id).some(({pid, process_started}) => {
    const leader = leaders.find(entry => entry.pid === pid);
    return ids.has(pid) && (leader === undefined || leader.started === process_started);
  });
}

/** The first processes of the attempts that a session has started. */
function workingOf(home: string, id: string, session: string | undefined) {
  try {
    const last = readLastEvents(homePaths(home).log(id), LATEST_ATTEMPTS, event => event.event === 'task_working');
    return last.flatMap(({event}) =>
      event.event === 'task_working' && event.session_id === session ? [event.details] : [],
    );
  } catch {
    // The log is another home's, or damaged, which whoever works with it says.
    return [];
  }
}
