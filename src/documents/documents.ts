// The documents of the kiro phases. They are written in a slot, checked, and copied into the home; from there they are
// laid into the slots of later phases.
//
//   <slot>/.milestones/deliverables/<milestone>/<task>/<phase>/   $MILESTONE_DELIVERABLES: what the attempt writes
//   <home>/deliverables/<milestone>/<task>/<phase>/               what was accepted, synced before it is on record
//   <home>/logs/<milestone>/<task>.<attempt>.documents/           what an attempt wrote whose phase did not end with it

import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import type {Deliverable} from '../events/details/kiro.ts';
import {deliverablesOf, documentsToWrite, phasesBefore} from '../plan/kiro-plan.ts';
import type {KiroPhase, MilestoneId, Task, TaskId} from '../plan/plan.ts';
import {fileError, makeFolder, replaceFile, syncFolder, walkFolder} from '../platform/files.ts';
import {removeFolder} from '../platform/remove-folder.ts';
import {HASH_OF_NOTHING} from '../state/kiro.ts';
import {LARGEST_BYTES, OUTLINE_MARKER, problemOf, readRegular} from './read-document.ts';

/** Whose documents. */
export interface DocumentsOf {
  /** Of the milestone. */
  id: MilestoneId;
  task: Task;
  phase: KiroPhase;
}

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
 * @param drafts Folders of drafts; the first that exists is gone on from, else what the phase has left before.
 * @returns The folder.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export async function prepareDocuments(
  home: string,
  slotHome: string,
  of: DocumentsOf & {drafts: readonly string[]},
): Promise<string> {
  const folder = phaseFolder(slotHome, of);
  try {
    for (const phase of [...phasesBefore(of.phase), of.phase]) takeOverOld(home, {...of, phase});
    if (slotHome !== home) {
      await removeFolder(path.join(slotHome, documentsFolder(of.id, of.task.id)));
      for (const phase of phasesBefore(of.phase))
        copyDocuments(phaseFolder(home, {...of, phase}), phaseFolder(slotHome, {...of, phase}), 0o444);
      copyDocuments(of.drafts.find(draft => fs.existsSync(draft)) ?? phaseFolder(home, of), folder);
    }
    makeFolder(folder);
    return folder;
  } catch (error) {
    throw error instanceof MilestoneError ? error : fileError(error, `prepare \`${folder}\``);
  }
}

/** Plans that other programs executed have left documents without the milestone's id in the path; they stay there, too. */
function takeOverOld(home: string, of: DocumentsOf): void {
  const old = path.join(home, 'deliverables', of.task.id, of.phase);
  const folder = phaseFolder(home, of);
  if (fs.existsSync(folder) || !fs.existsSync(old)) return;
  for (const name of fs.readdirSync(old)) {
    const content = readRegular(old, name);
    if (typeof content !== 'string') replaceFile(path.join(folder, name), content);
  }
}

/** Keep what an attempt has written so far, for the next one to go on from; what cannot be read is left out. */
export function keepDrafts(slotHome: string, of: DocumentsOf, folder: string): void {
  const source = phaseFolder(slotHome, of);
  try {
    if (fs.existsSync(source) && fs.readdirSync(source).length > 0) copyDocuments(source, folder, 0o600);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'ENOTDIR') throw fileError(error, `write \`${folder}\``);
  }
}

/** Folder for the drafts of an attempt, beside its log. */
export function draftsFolder(logFile: string): string {
  return logFile.replace(/\.log$/, '.documents');
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
  const read = await readDocuments(slotHome, of);
  if ('problem' in read) return read;
  const target = phaseFolder(home, of);
  for (const {name, content} of read.contents) replaceFile(path.join(target, name), content);
  if (read.contents.length > 0) syncUpwards(target, home);
  return {deliverables: read.contents.map(({name, content}) => deliverable(of, name, content))};
}

/** What keeps the documents of a phase from being accepted as they are, in words that follow the task's name. */
export async function documentProblem(home: string, of: DocumentsOf): Promise<string | undefined> {
  const read = await readDocuments(home, of);
  return 'problem' in read ? read.problem : undefined;
}

async function readDocuments(
  slotHome: string,
  of: DocumentsOf,
): Promise<{problem: string} | {contents: Array<{name: string; content: Buffer}>}> {
  const contents: Array<{name: string; content: Buffer}> = [];
  for (const name of deliverablesOf(of.task, of.phase)) {
    const content = readRegular(slotHome, path.join(documentsFolder(of.id, of.task.id), of.phase, name));
    const problem = typeof content === 'string' ? content : await problemOf(name, content);
    if (problem !== undefined) return {problem: `did not deliver \`${name}\` of its ${of.phase}: ${problem}`};
    contents.push({name, content: content as Buffer});
  }
  return {contents};
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

/** The documents as they are in a home now. What would not be laid into a slot, a link too, counts as gone: as nothing. */
export function currentDeliverables(home: string, deliverables: readonly Deliverable[]): Deliverable[] {
  return readDeliverables(home, deliverables).map(({content: _, ...deliverable}) => deliverable);
}

/** The same with their contents, each of which is what its hash is of. */
export function readDeliverables(
  home: string,
  deliverables: readonly Deliverable[],
): Array<Deliverable & {content: Buffer | undefined}> {
  return deliverables.map(({path: file}) => {
    const folder = path.join(home, ...file.split('/').slice(0, PHASE_DEPTH));
    const content = readRegular(folder, path.relative(folder, path.join(home, file)));
    if (typeof content === 'string') return {path: file, sha256: HASH_OF_NOTHING, content: undefined};
    return {path: file, sha256: sha256(content), content};
  });
}

/** Those of these documents of a phase that are there and sound, as they are in a home now. */
export async function soundDeliverables(
  home: string,
  of: DocumentsOf,
  names: readonly string[],
): Promise<Deliverable[]> {
  const sound: Deliverable[] = [];
  for (const name of names) {
    const content = readRegular(phaseFolder(home, of), name);
    if (typeof content === 'string' || (await problemOf(name, content)) !== undefined) continue;
    sound.push(deliverable(of, name, content));
  }
  return sound;
}

/** `deliverables/<milestone>/<task>/<phase>` */
const PHASE_DEPTH = 4;

/** Lay outlines down of what a person is to write, where nothing is yet. */
export function layOutlines(home: string, of: DocumentsOf): void {
  const folder = phaseFolder(home, of);
  takeOverOld(home, of);
  for (const name of documentsToWrite(of.task, of.phase)) {
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

/** Copy regular files of usual size; links, pipes and the like stay where they are. */
function copyDocuments(from: string, to: string, mode = 0o644): void {
  if (!fs.existsSync(from)) return;
  for (const entry of walkFolder(from)) {
    const source = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || fs.statSync(source).size > LARGEST_BYTES) continue;
    const target = path.join(to, path.relative(from, source));
    makeFolder(path.dirname(target));
    fs.copyFileSync(source, target);
    fs.chmodSync(target, mode);
  }
}

/** Make every folder from one up to the home durable. */
function syncUpwards(folder: string, home: string): void {
  for (let at = folder; at.startsWith(home); at = path.dirname(at)) syncFolder(at);
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
