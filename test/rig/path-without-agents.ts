import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const AGENTS = ['claude', 'codex', 'opencode'];
const mirrors = new Map<string, string>();

/** A PATH on which no coding agent of this machine is found: a test must neither lean on one nor cost anything. */
export function pathWithoutAgents(search: string): string {
  return search
    .split(path.delimiter)
    .map(folder => (AGENTS.some(name => fs.existsSync(path.join(folder, name))) ? mirrorOf(folder) : folder))
    .join(path.delimiter);
}

/** Links to everything else in a folder. */
function mirrorOf(folder: string): string {
  const known = mirrors.get(folder);
  if (known !== undefined) return known;
  const mirror = fs.mkdtempSync(path.join(os.tmpdir(), 'rig-path-'));
  mirrors.set(folder, mirror);
  process.once('exit', () => fs.rmSync(mirror, {recursive: true, force: true}));
  for (const name of fs.readdirSync(folder))
    if (!AGENTS.includes(name)) fs.symlinkSync(path.join(folder, name), path.join(mirror, name));
  return mirror;
}
