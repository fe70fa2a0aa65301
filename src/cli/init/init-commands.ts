import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import {printable} from '../../terminal/printable.ts';
import {type FileState, fileState, removeEmptyFolders, removeOwnFile, writeOwnFile} from './own-files.ts';
import {type AgentName, slashCommands} from './slash-commands.ts';

export interface InitCommandsFlags {
  claude?: boolean;
  opencode?: boolean;
  force?: boolean;
  remove?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

interface CommandFile {
  /** Relative to the project. */
  path: string;
  file: string;
  text: string;
  state: FileState;
}

/** Write the slash commands of coding agents into a project, or take them away. */
export function initCommands(project: string, flags: InitCommandsFlags): void {
  const agents: AgentName[] = [
    ...(flags.claude ? ['claude' as const] : []),
    ...(flags.opencode ? ['opencode' as const] : []),
  ];
  const files = agents.flatMap(slashCommands).map(({path: name, text}): CommandFile => {
    const file = path.join(project, name);
    return {path: name, file, text, state: fileState(file, text)};
  });
  if (flags.remove) removeAll(project, files, flags);
  else writeAll(project, files, flags);
}

function writeAll(project: string, places: readonly CommandFile[], {force, dryRun, json}: InitCommandsFlags): void {
  const foreign = pathsOf(places, 'foreign');
  const missing = places.filter(({state}) => state.kind !== 'current');
  const written = missing.map(file => file.path);
  const isRefused = foreign.length > 0 && !force;
  if (!json && missing.length === 0) say('all files are there already');
  for (const {path: name, file, text, state} of missing) {
    // Said of what was done, or would be.
    if (!dryRun && !isRefused) writeOwnFile(file, text, state);
    if (!json) say(`${state.kind === 'absent' ? 'write' : 'replace'} ${name}`);
  }
  if (isRefused)
    throw new MilestoneError('WRONG_STATUS', `nothing is written: ${listOf(foreign)} would be overwritten`, {
      hint: 'look at what is in there; `--force` replaces it',
    });
  if (json) console.log(JSON.stringify({ok: true, project, written, kept: pathsOf(places, 'current')}));
}

function removeAll(project: string, files: readonly CommandFile[], {dryRun, json}: InitCommandsFlags): void {
  const left = pathsOf(files, 'foreign');
  const removed: string[] = [];
  const folders: string[] = [];
  for (const {path: name, file, state} of files) {
    if (state.kind !== 'current' && state.kind !== 'older') continue;
    removed.push(name);
    if (!dryRun) folders.push(...removeOwnFile(file, state));
    if (!json) say(`remove ${name}`);
  }
  removeEmptyFolders(folders);
  if (json) console.log(JSON.stringify({ok: true, project, removed, left}));
  else {
    if (removed.length === 0) say('there is nothing to remove');
    for (const name of left) say(`left ${name}: it was changed`);
  }
}

function pathsOf(files: readonly CommandFile[], kind: FileState['kind']): string[] {
  return files.filter(({state}) => state.kind === kind).map(file => file.path);
}

function listOf(names: readonly string[]): string {
  return names.map(name => `\`${name}\``).join(', ');
}

function say(text: string): void {
  console.log(printable(text));
}
