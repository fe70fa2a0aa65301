// What documents held when their approval was asked for: the next request shows what has changed since.
//
//   <home>/logs/<milestone>/documents/<sha256>

import fs from 'node:fs';
import path from 'node:path';
import type {Deliverable} from '../events/details/kiro.ts';
import {homePaths} from '../plan/file/home.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {replaceFile} from '../platform/files.ts';
import {readDeliverables} from './documents.ts';

/** Where the content of a document is kept, if it is. */
export function keptDocument(home: string, id: MilestoneId, {sha256}: Pick<Deliverable, 'sha256'>): string {
  return path.join(homePaths(home).attemptLogs(id), 'documents', sha256);
}

/**
 * Keep the documents as they are in the home now.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function keepDocuments(home: string, id: MilestoneId, deliverables: readonly Deliverable[]): void {
  for (const {sha256, content} of readDeliverables(home, deliverables)) {
    const file = keptDocument(home, id, {sha256});
    if (content && !fs.existsSync(file)) replaceFile(file, content, {mode: 0o600});
  }
}
