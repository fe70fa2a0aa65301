// What several black-box tests ask of a rig.

import fs from 'node:fs';
import path from 'node:path';
import {parse} from 'yaml';
import type {EventName, EventOf} from '../../src/events/event.ts';
import type {MilestoneRig} from '../rig/milestone-rig.ts';

/** The recorded events of one name, in order. */
export function eventsOf<N extends EventName>(rig: MilestoneRig, id: string, name: N): Array<EventOf<N>> {
  return rig.events(id).filter((event): event is EventOf<N> => event.event === name);
}

/** Ids of the tasks that an event of this name tells of, in order. */
export function tasksIn(rig: MilestoneRig, id: string, name: 'task_started' | 'task_completed' | 'task_failed') {
  return eventsOf(rig, id, name).map(event => event.details.task_id);
}

/** How the attempts of a milestone ended that did not complete their task. */
export function outcomes(rig: MilestoneRig, id: string) {
  return eventsOf(rig, id, 'attempt_ended').map(({details}) => details.outcome);
}

/** Subjects of the commits that a milestone's branch has over `main`, oldest first. */
export function subjects(rig: MilestoneRig, id: string, base = 'main'): string[] {
  const text = rig.git('log', '--reverse', '--format=%s', `${base}..milestone/${id}`);
  return text === '' ? [] : text.split('\n');
}

/** Text of a file in a commit. */
export function fileAt(rig: MilestoneRig, commit: string, name: string): string {
  return rig.git('show', `${commit}:${name}`);
}

/** Paths of all files in a commit. */
export function filesAt(rig: MilestoneRig, commit: string): string[] {
  return rig.git('ls-tree', '-r', '--name-only', commit).split('\n');
}

/** The plan file as data. */
// biome-ignore lint/suspicious/noExplicitAny: answers are checked by the tests, not by types
export function readPlan(rig: MilestoneRig, id: string, folder: 'active' | 'completed' = 'active'): any {
  return parse(rig.read(rig.planFile(id, folder)));
}

/** Everything below a folder, folders too, relative to it. */
export function everythingBelow(folder: string): string[] {
  return fs.existsSync(folder) ? (fs.readdirSync(folder, {recursive: true}) as string[]).sort() : [];
}

/** Every file of the repository and of git's that a person's work lies in, byte for byte. */
export function usersThings(rig: MilestoneRig): Record<string, string> {
  const files = everythingBelow(rig.folder).filter(name => !/^(\.git|\.milestones)(\/|$)/.test(name));
  const inGit = ['HEAD', 'index', 'config', 'refs/heads/main', 'refs/stash', 'logs/HEAD', 'logs/refs/stash'];
  const all = [...files, ...inGit.map(name => `.git/${name}`)].filter(name =>
    fs.statSync(rig.path(name), {throwIfNoEntry: false})?.isFile(),
  );
  return Object.fromEntries(all.map(name => [name, fs.readFileSync(rig.path(name)).toString('latin1')]));
}

/** Move a file into the place of another, as an editor saves. */
export function saveAs(rig: MilestoneRig, name: string, text: string): void {
  rig.write(`${name}.new`, text);
  fs.renameSync(rig.path(`${name}.new`), rig.path(name));
}

/** Path of a file outside the repository, where runs of tasks can leave lines that no git touches. */
export function diary(rig: MilestoneRig): {file: string; lines(): string[]} {
  const file = path.join(rig.root, 'diary');
  return {
    file,
    lines: () => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').slice(0, -1) : []),
  };
}
