import type {MilestoneId, TaskId} from '../../plan/plan.ts';

/** The branch, and what happens in the repository beside it. */
export interface RepositoryEvents {
  branch_created: {branch: string; base: string; merged: MilestoneId[]};
  /** `head`: where the remote's branch stands; absent when it has none. `ahead` and `behind` are ours against it. */
  branch_synced: {
    branch: string;
    remote: string;
    action: 'fetched' | 'pushed';
    head?: string;
    ahead?: number;
    behind?: number;
  };
  auto_commit: {task_id: TaskId; attempt: number; files_changed: number; commit: string};
  /** What lay in a slot and belongs to no attempt is at a ref. */
  slot_kept: {slot: number; ref: string};
  /** What changed in the repository beside the work of the attempts that ran meanwhile; without one while checks ran. */
  repository_changed: {during: Array<{task: TaskId; attempt: number}>; changes: RepositoryChange[]};
  repository_state_saved: {head: string; branch: string};
}

/** A ref, a setting, an entry of the stash or a file of the git folder that changed while attempts or checks ran. */
export interface RepositoryChange {
  kind: 'ref' | 'config' | 'stash' | 'file';
  /** The whole name of the ref, the key, what the entry is called, or the path of the file in the git folder. */
  name: string;
  /** Commit before; absent where it is new. */
  from?: string;
  /** Commit after; absent where it is gone. */
  to?: string;
  put_back?: true;
}
