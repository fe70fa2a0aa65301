import fs from 'node:fs';
import {firstLine} from '../platform/first-line.ts';
import {type Answer, askProgram} from '../platform/processes/ask-program.ts';

const PATIENCE_MS = 20_000;

export type Version = {kind: 'version'; text: string} | {kind: 'failed'; message: string};

/** The version that a program says it is; it is not asked again as long as its file is the same. */
export async function askVersion(file: string, env: Readonly<Record<string, string>>): Promise<Version> {
  const key = `${file} ${fs.statSync(file, {throwIfNoEntry: false})?.mtimeMs}`;
  const known = versions.get(key);
  if (known) return known;
  const version = read(await askProgram({file, args: ['--version'], env, timeoutMs: PATIENCE_MS}));
  if (version.kind === 'version') versions.set(key, version);
  return version;
}

const versions = new Map<string, Version>();

function read(answer: Answer): Version {
  if (answer.kind === 'failed') return answer;
  const text = firstLine(answer.stdout);
  return {kind: 'version', text: /\d+\.\d+\.\d+\S*/.exec(text)?.[0] ?? text};
}
