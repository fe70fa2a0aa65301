import type {TaskId} from '../plan/plan.ts';

/** What `milestone diff --json` answers. */
export interface Diff {
  task?: TaskId;
  from: string;
  to: string;
  work_at?: string;
  files: ChangedFile[];
  patch: string;
  truncated: boolean;
}

/** Lines that were added and taken away; null for a binary file. */
export interface ChangedFile {
  path: string;
  added: number | null;
  deleted: number | null;
}
