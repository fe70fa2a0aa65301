// The documents of the kiro phases. They are written in a slot, checked, and copied into the home; from there they are
// laid into the slots of later phases.
//
//   <slot>/.milestones/deliverables/<milestone>/<task>/<phase>/   $MILESTONE_DELIVERABLES: what the attempt writes
//   <home>/deliverables/<milestone>/<task>/<phase>/               what was accepted, synced before it is on record

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import type {Deliverable} from '../events/event.ts';
import {deliverablesOf, phasesBefore} from '../milestone/kiro.ts';
import type {KiroPhase, MilestoneId, Task, TaskId} from '../milestone/plan.ts';
import {fileError, replaceFile, syncFolder} from '../platform/files.ts';

/** Whose documents. */
export interface DocumentsOf {
  /** Of the milestone. */
  id: MilestoneId;
  task: Task;
  phase: KiroPhase;
}

/** First line of an outline that nobody has filled in yet. */
export const OUTLINE_MARKER = 'milestone: outline, to be filled in';

const LARGEST_BYTES = 16 * 1024 * 1024;

/** Folder of all documents of a task, relative to a home. */
export function documentsFolder(id: MilestoneId, task: TaskId): string {
  return `deliverables/${id}/${task}`;
}

/** Folder of one phase's documents in a home. */
export function phaseFolder(home: string, {id, task, phase}: DocumentsOf): string {
  return path.join(home, documentsFolder(id, task.id), phase);
}

/**
 * Make the folder that an attempt writes its documents to, with those of earlier phases beside it, read-only.
 * @param slotHome The copy of the home in the slot; the home itself where attempts have no slots of their own.
 * @returns The folder.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function prepareDocuments(home: string, slotHome: string, of: DocumentsOf): string {
  const folder = phaseFolder(slotHome, of);
  try {
    if (slotHome !== home) {
      removeForced(path.join(slotHome, documentsFolder(of.id, of.task.id)));
      for (const phase of phasesBefore(of.phase)) layBeside(home, slotHome, {...of, phase});
      // A phase that is worked on again goes on from what it has written.
      copyDocuments(phaseFolder(home, of), folder);
    }
    fs.mkdirSync(folder, {recursive: true});
    return folder;
  } catch (error) {
    throw error instanceof MilestoneError ? error : fileError(error, `prepare \`${folder}\``);
  }
}

/**
 * Accept the documents that a phase has to leave: check them, then copy them into the home, synced.
 * @returns What is wrong with them, in words that follow the task's name, else what they are.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export async function acceptDocuments(
  home: string,
  slotHome: string,
  of: DocumentsOf,
): Promise<{problem: string} | {deliverables: Deliverable[]}> {
  const source = phaseFolder(slotHome, of);
  const target = phaseFolder(home, of);
  const contents: Array<{name: string; content: Buffer}> = [];
  for (const name of deliverablesOf(of.task, of.phase)) {
    const content = readDocument(path.join(source, name), source);
    const problem = typeof content === 'string' ? content : await problemOf(name, content);
    if (problem !== undefined) return {problem: `did not deliver \`${name}\` of its ${of.phase}: ${problem}`};
    contents.push({name, content: content as Buffer});
  }
  for (const {name, content} of contents) replaceFile(path.join(target, name), content);
  if (contents.length > 0) syncUpwards(target, home);
  return {deliverables: contents.map(({name, content}) => deliverable(of, name, content))};
}

/**
 * Write a document of the program's own into the home, synced.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function writeDocument(home: string, of: DocumentsOf, name: string, text: string): Deliverable {
  const target = phaseFolder(home, of);
  replaceFile(path.join(target, name), text);
  syncUpwards(target, home);
  return deliverable(of, name, Buffer.from(text));
}

/** The documents as they are in the home now; the hash of one that is gone is that of nothing. */
export function currentDeliverables(home: string, deliverables: readonly Deliverable[]): Deliverable[] {
  return deliverables.map(({path: file}) => ({path: file, sha256: hashOf(path.join(home, file))}));
}

/** Lay outlines down for a person, where nothing is yet. */
export function layOutlines(home: string, of: DocumentsOf): void {
  const folder = phaseFolder(home, of);
  for (const name of deliverablesOf(of.task, of.phase)) {
    const file = path.join(folder, name);
    if (!fs.existsSync(file)) replaceFile(file, outline(name, of));
  }
}

function outline(name: string, {task, phase}: DocumentsOf): string {
  const about = `${task.title} (${phase})`;
  if (/\.(ya?ml)$/.test(name)) return `# ${OUTLINE_MARKER}\n# ${about}\n`;
  if (name.endsWith('.json')) return `{"${OUTLINE_MARKER}": ${JSON.stringify(about)}}\n`;
  const title = name.replace(/\.\w+$/, '').replaceAll('-', ' ');
  const criteria = (task.acceptance_criteria ?? []).map(text => `- ${text}\n`).join('');
  return `<!-- ${OUTLINE_MARKER} -->\n\n# ${title}: ${task.title}\n\n${task.description ?? ''}\n${criteria}`;
}

function deliverable({id, task, phase}: DocumentsOf, name: string, content: Buffer): Deliverable {
  return {path: `${documentsFolder(id, task.id)}/${phase}/${name}`, sha256: sha256(content)};
}

/** The content, or why there is none. */
function readDocument(file: string, folder: string): Buffer | string {
  const {O_RDONLY, O_NOFOLLOW, O_NONBLOCK} = fs.constants;
  let fd: number | undefined;
  try {
    // Whoever writes there chooses what it is: no link leads out of the folder, no pipe holds the program up.
    if (!fs.realpathSync(path.dirname(file)).startsWith(fs.realpathSync(folder))) return 'it lies behind a link';
    fd = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = fs.fstatSync(fd);
    if (!stats.isFile()) return 'it is not a regular file';
    if (stats.size > LARGEST_BYTES) return `it is larger than ${LARGEST_BYTES / 1024 / 1024} MiB`;
    return fs.readFileSync(fd);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'it is missing' : `it cannot be read: ${message}`;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

async function problemOf(name: string, content: Buffer): Promise<string | undefined> {
  const text = content.toString('utf8');
  if (text.trim() === '') return 'it is empty';
  if (text.slice(0, 1_000).includes(OUTLINE_MARKER))
    return `it is still an outline (its line \`${OUTLINE_MARKER}\` is there)`;
  if (name.endsWith('.json')) return jsonProblem(text);
  if (!/\.ya?ml$/.test(name)) return undefined;
  const {yamlProblem} = await import('../milestone/yaml-problem.ts');
  return yamlProblem(text);
}

function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `it is no JSON: ${(error as Error).message}`;
  }
}

function layBeside(home: string, slotHome: string, of: DocumentsOf): void {
  const folder = phaseFolder(slotHome, of);
  copyDocuments(phaseFolder(home, of), folder, 0o444);
}

function copyDocuments(from: string, to: string, mode?: number): void {
  if (!fs.existsSync(from)) return;
  fs.cpSync(from, to, {recursive: true, dereference: true});
  if (mode === undefined) return;
  for (const entry of fs.readdirSync(to, {recursive: true, withFileTypes: true}))
    if (entry.isFile()) fs.chmodSync(path.join(entry.parentPath, entry.name), mode);
}

function removeForced(folder: string): void {
  fs.rmSync(folder, {recursive: true, force: true, maxRetries: 2});
}

/** Make every folder from one up to the home durable. */
function syncUpwards(folder: string, home: string): void {
  for (let at = folder; at.startsWith(home); at = path.dirname(at)) syncFolder(at);
}

function hashOf(file: string): string {
  try {
    return sha256(fs.readFileSync(file));
  } catch {
    return sha256(Buffer.alloc(0));
  }
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
