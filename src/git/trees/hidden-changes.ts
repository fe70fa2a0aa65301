import fs from 'node:fs';
import path from 'node:path';
import {git, type Repository, tryGit} from '../git.ts';

/**
 * Have git look at every file that is there. Files marked as unchanged or as not checked out it would pass over: checks
 * would see what is never committed. Of a sparse checkout, what is not there stays marked.
 */
export async function showHiddenChanges(slot: Repository): Promise<void> {
  if (!mayHaveMarks(slot)) return;
  const listed = await tryGit(slot, ['ls-files', '-v', '-z', '--sparse']);
  if (listed.code !== 0) return; // an index that cannot be read hides nothing: it is made anew
  const entries = listed.stdout.split('\0').filter(Boolean);
  const marked = entries.filter(entry => /^[a-zS] .*[^/]$/s.test(entry)).map(entry => entry.slice(2));
  const there = marked.filter(file => fs.lstatSync(path.join(slot.topLevel, file), {throwIfNoEntry: false}));
  if (there.length === 0) return;
  const input = there.map(file => `${file}\0`).join('');
  for (const flag of ['--no-assume-unchanged', '--no-skip-worktree'])
    await git(slot, ['update-index', '-z', flag, '--stdin'], {input});
}

const HEADER = 12;
const STATS = 40;
const ASSUME_VALID = 0x8000;
const EXTENDED = 0x4000;
const NAME_LENGTH = 0x0fff;

/**
 * Whether an index may mark files, by its flags alone (gitformat-index(5), versions 2 and 3): to ask git takes as long as
 * all else that is asked of a slot. Whatever is unusual counts as marked.
 */
function mayHaveMarks({gitDir, objectFormat}: Repository): boolean {
  const index = readIfThere(path.join(gitDir, 'index'));
  if (!index) return false;
  if (index.length < HEADER || index.toString('latin1', 0, 4) !== 'DIRC' || index.readUInt32BE(4) > 3) return true;
  const flagsAt = STATS + (objectFormat === 'sha256' ? 32 : 20);
  let at = HEADER;
  for (let left = index.readUInt32BE(8); left > 0; left--) {
    if (at + flagsAt + 2 > index.length) return true;
    const flags = index.readUInt16BE(at + flagsAt);
    // Extended flags are those of files that are not checked out, and of ones that are only meant to be added.
    if ((flags & (ASSUME_VALID | EXTENDED)) !== 0 || (flags & NAME_LENGTH) === NAME_LENGTH) return true;
    const length = flagsAt + 2 + (flags & NAME_LENGTH);
    at += (length + 8) & ~7; // at least one NUL, up to a multiple of eight
  }
  return index.toString('latin1', at, at + 4) === 'link'; // the rest of a split index is elsewhere
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}
