// The small world in which the program is killed: a diamond of tasks, and a user with work of every kind in his checkout.

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'vitest';
import {parse} from 'yaml';
import type {MilestoneEvent} from '../../src/events/event.ts';
import {MilestoneRig, type TaskText} from '../rig/milestone-rig.ts';

const FAULT = fileURLToPath(new URL('../rig/fault.cjs', import.meta.url));

export const ID = 'diamond';
const TASKS: TaskText[] = [
  task('base', []),
  // Still running when the program dies: a leftover that must end before its task runs again.
  task('left', ['base'], 'sleep 0.2'),
  {...task('right', ['base']), verify: 'test -s right.txt'},
  task('top', ['left', 'right']),
];
export const TASK_IDS = TASKS.map(({id}) => id);

export interface Fault {
  /** Number of the effect, counting from 1; 0 counts only. */
  at: number;
  kind: 'kill-before' | 'kill-after' | 'kill-half' | `fail:${'ENOSPC' | 'EIO' | 'EROFS'}`;
  sticky?: boolean;
}

/** Each task leaves outside the repository a line for every time it ran, and a file in its folder. */
function task(id: string, dependencies: string[], between = ':'): TaskText {
  return {id, run: `echo ${id} >> "$DIARY" && ${between} && echo ${id} > ${id}.txt`, dependencies};
}

/** A repository with the plan, and a user who has something staged, changed, stashed and untracked. */
export async function createWorld(options: {git: boolean}): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create({
    ...options,
    files: {'a.txt': 'a\n', 'b.txt': 'b\n', '.gitignore': 'ignored/\n'},
  });
  if (options.git) {
    rig.write('a.txt', 'stashed\n');
    rig.git('stash', 'push', '-q', '-m', 'for later');
    rig.write('b.txt', 'staged\n');
    rig.git('add', 'b.txt');
  }
  rig.write('a.txt', 'changed\n');
  rig.write('notes/untracked.txt', 'mine\n');
  rig.write('ignored/secret.txt', 'mine too\n');
  await rig.writeMilestone(ID, TASKS, {settings: {max_parallel: 2}});
  return rig;
}

/** A world of its own, equal to the template. */
export function copyWorld(template: MilestoneRig): MilestoneRig {
  const rig = MilestoneRig.copyOf(template);
  rig.env.DIARY = path.join(rig.root, 'diary');
  return rig;
}

/** Execute once with a fault at the given effect. */
export function executeWith(rig: MilestoneRig, fault: Fault, ...flags: string[]) {
  const env = {
    NODE_OPTIONS: `--require ${FAULT}`,
    FAULT_AT: String(fault.at),
    FAULT_KIND: fault.kind,
    FAULT_COUNT_FILE: effectsFile(rig),
    ...(fault.sticky && {FAULT_STICKY: '1'}),
  };
  return rig.milestone('execute', ID, ...flags, {env});
}

/** The effects of the last execution with a fault, one a line. */
export function effects(rig: MilestoneRig): string[] {
  return fs.readFileSync(effectsFile(rig), 'utf8').trim().split('\n');
}

/** Execute until the milestone is complete, as whoever finds it interrupted would: a few times at most. */
export async function executeToTheEnd(rig: MilestoneRig, ...flags: string[]): Promise<void> {
  const tried: string[] = [];
  for (let times = 0; times < 4 && !isFinished(rig); times++) {
    const command = tried.at(-1)?.startsWith('3 ') ? 'resume' : 'execute';
    const {exitCode, signal, stderr} = await rig.milestone(command, ID, ...flags);
    tried.push(`${exitCode ?? signal} from ${command}: ${stderr}`);
  }
  await rig.untilNoProcessLeft();
  expect(isFinished(rig), `not complete after\n${tried.join('\n')}`).toBe(true);
}

function isFinished(rig: MilestoneRig): boolean {
  return rig.exists(rig.planFile(ID, 'completed')) && !rig.exists(rig.planFile(ID));
}

/** How often each task ran, by the lines that its runs left. */
export function timesRun(rig: MilestoneRig): Record<string, number> {
  const lines = fs.existsSync(rig.env.DIARY!) ? fs.readFileSync(rig.env.DIARY!, 'utf8').trim().split('\n') : [];
  return Object.fromEntries(TASK_IDS.map(id => [id, lines.filter(line => line === id).length]));
}

/** Tasks whose completion is on disk. */
export function completed(rig: MilestoneRig): string[] {
  return rig.events(ID).flatMap(event => (event.event === 'task_completed' ? [event.details.task_id] : []));
}

/** Everything of the user's that the program must not touch, byte for byte. */
export function usersThings(rig: MilestoneRig): Record<string, string> {
  const inGit = ['HEAD', 'index', 'refs/heads/main', 'refs/stash', 'logs/refs/stash', 'logs/HEAD', 'config'];
  const files = [...filesBelow(rig.folder, ['.git', '.milestones']), ...inGit.map(name => path.join('.git', name))];
  return Object.fromEntries(files.filter(name => rig.exists(name)).map(name => [name, fingerprint(rig.path(name))]));
}

function fingerprint(file: string): string {
  return `${createHash('sha1').update(fs.readFileSync(file)).digest('hex')} ${fs.statSync(file).mode.toString(8)}`;
}

function filesBelow(folder: string, except: string[], below = ''): string[] {
  return fs.readdirSync(path.join(folder, below), {withFileTypes: true}).flatMap(entry => {
    const name = path.join(below, entry.name);
    if (except.includes(name)) return [];
    return entry.isDirectory() ? filesBelow(folder, except, name) : [name];
  });
}

/** The log tells one story: each task completed once, and none began before what it depends on was complete. */
export function expectSoundLog(events: MilestoneEvent[]): void {
  const done: string[] = [];
  for (const event of events) {
    if (event.event === 'task_started') {
      const {dependencies} = TASKS.find(({id}) => id === event.details.task_id)!;
      expect(done, `when ${event.details.task_id} began`).toEqual(expect.arrayContaining(dependencies as string[]));
    }
    if (event.event === 'task_completed') done.push(event.details.task_id);
  }
  expect(done.toSorted()).toEqual(TASK_IDS.toSorted());
  expect(events.filter(({event}) => event === 'milestone_completed')).toHaveLength(1);
}

/** The plan that was moved to `completed/` says so itself, and no half-written copy of it is left. */
export function expectCompletedPlan(rig: MilestoneRig): void {
  const plan = parse(rig.read(rig.planFile(ID, 'completed')));
  const statuses = plan.tasks.map((task: TaskText) => task.status);
  expect([plan.status, ...statuses]).toEqual(Array(1 + TASK_IDS.length).fill('completed'));
  const copies = filesBelow(rig.path('.milestones'), ['logs']).filter(name => name.includes(`.${ID}.yaml`));
  expect(copies).toEqual([]);
}

/** Exactly one commit a task on the milestone's branch, with the file of each, in a repository that is whole. */
export function expectIntegratedOnce(rig: MilestoneRig): void {
  const branch = `milestone/${ID}`;
  const trailers = rig.git('log', '--format=%(trailers:key=Task,valueonly,separator=%x2C)', `main..${branch}`);
  expect(trailers.split('\n').toSorted()).toEqual(TASK_IDS.toSorted());
  expect(parse(rig.read(rig.planFile(ID, 'completed'))).execution.commit).toBe(rig.git('rev-parse', branch));
  const files = rig.git('diff', '--name-only', 'main', branch);
  expect(files.split('\n').toSorted()).toEqual(TASK_IDS.map(id => `${id}.txt`).toSorted());
  rig.git('fsck', '--no-progress', '--no-dangling');
}

/** Nothing stays behind: no process, no slot, no temporary file, no lock of git's. */
export function expectNothingLeft(rig: MilestoneRig): void {
  expect(rig.processesLeft()).toEqual([]);
  const slots = fs.existsSync(rig.stateFolder) ? filesBelow(rig.stateFolder, []) : [];
  expect(slots).toEqual([]);
  expect(filesBelow(rig.path('.milestones'), []).filter(name => /\.(?:tmp|aside)$/.test(name))).toEqual([]);
  if (!rig.exists('.git')) return;
  expect(rig.git('worktree', 'list', '--porcelain').match(/^worktree /gm)).toHaveLength(1);
  expect(filesBelow(rig.path('.git'), []).filter(name => /\.(?:lock|tmp)$/.test(name))).toEqual([]);
}

function effectsFile(rig: MilestoneRig): string {
  return path.join(rig.root, 'effects');
}
