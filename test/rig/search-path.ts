import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const HIDDEN = [
  // A test must neither lean on one of this machine's nor cost anything.
  'claude',
  'codex',
  'opencode',
  // It would start beside every execution that is busy for five seconds, which is a matter of the machine's load, and is
  // there a moment longer than that.
  'systemd-inhibit',
];
/** Where it is when the tests begin: one of them has its temporary folder on a disk that goes away. */
const TEMPORARY = os.tmpdir();
const mirrors = new Map<string, string>();

/** A PATH on which nothing of this machine is found that tests do without. */
export function searchPathForTests(search: string): string {
  return search
    .split(path.delimiter)
    .map(folder => (HIDDEN.some(name => fs.existsSync(path.join(folder, name))) ? mirrorOf(folder) : folder))
    .join(path.delimiter);
}

/** Links to everything else in a folder. */
function mirrorOf(folder: string): string {
  const real = fs.realpathSync(folder);
  const known = mirrors.get(real);
  if (known !== undefined) return known;
  const mirror = fs.mkdtempSync(path.join(TEMPORARY, 'rig-path-'));
  mirrors.set(real, mirror);
  process.once('exit', () => fs.rmSync(mirror, {recursive: true, force: true}));
  for (const name of fs.readdirSync(real))
    if (!HIDDEN.includes(name)) fs.symlinkSync(path.join(real, name), path.join(mirror, name));
  return mirror;
}
