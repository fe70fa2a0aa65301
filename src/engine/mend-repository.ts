// How the repository is found by an execution that begins.

import path from 'node:path';
import {dirtyFiles} from '../git/checkout.ts';
import {withPatience} from '../git/git.ts';
import {removeTornObjects} from '../git/torn-objects.ts';
import {PATIENCE_MS} from '../git/user-repository.ts';
import type {HeldMilestone} from '../milestone/hold.ts';
import {removeForgottenTemporaries} from '../platform/temporaries.ts';
import {type Uncommitted, uncommittedOf, unreadableText} from '../reports/uncommitted.ts';

type Warn = (message: string) => void;

/** An execution that did not end in order may have lost its power. */
export async function mendRepository({repo, state, clock}: HeldMilestone, warn: Warn): Promise<void> {
  if (!repo || state.session?.ended !== undefined) return;
  removeForgottenTemporaries(path.join(repo.commonDir, 'objects'), clock.now());
  const since = state.session ? Date.parse(state.session.startedAt) : clock.now();
  const torn = await removeTornObjects(repo, since);
  if (torn.length > 0)
    warn(`objects of the repository had lost their content and were taken away: ${torn.slice(0, 3).join(', ')}`);
}

/** What tasks, who work elsewhere, do not see. A checkout that cannot be read is no reason to do nothing. */
export async function unseenOf({repo, state, clock}: HeldMilestone, warn: Warn): Promise<{uncommitted?: Uncommitted}> {
  if (!repo || state.activation?.isolation !== 'worktree') return {};
  try {
    const uncommitted = uncommittedOf(await dirtyFiles(withPatience(repo, {clock, timeoutMs: PATIENCE_MS})));
    return uncommitted ? {uncommitted} : {};
  } catch (error) {
    warn(unreadableText(error));
    return {};
  }
}
