import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {MILESTONE, type MilestoneRig} from './milestone-rig.ts';
import type {Program} from './program.ts';

const IN_TERMINAL = fileURLToPath(new URL('./in-terminal.cjs', import.meta.url));

/** Whether tests can have a terminal here: `script` of util-linux, which other systems have in another form. */
export const hasTerminal: boolean = /util-linux/.test(spawnSync('script', ['--version'], {encoding: 'utf8'}).stdout);

/** The command in a terminal of 80 columns and 24 rows; what is written to its stdin is typed, and its end closes it. */
export function inTerminal(rig: MilestoneRig, ...words: string[]): Program {
  const options = {stdin: 'pipe', env: {TERM: 'xterm-256color'}};
  const command = [process.execPath, MILESTONE, ...words];
  return rig.start(process.execPath, IN_TERMINAL, '80', '24', ...command, options as never);
}
