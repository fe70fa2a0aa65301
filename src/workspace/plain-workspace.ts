import type {Workspace} from './workspace.ts';

/** Outside git, or with `--no-git`: attempts share the folder that the home lies in; nothing is committed or kept. */
export function plainWorkspace(folder: string): Workspace {
  return {
    isolation: 'none',
    hasSlots: false,
    integration: undefined,
    folderOf: () => folder,
    prepare: () => undefined,
    // The folder is everybody's: a change in it is no sign of life of one attempt.
    hasChanged: async () => false,
    rescue: async () => undefined,
    checkpoint: async () => undefined,
    remove: async () => undefined,
  };
}
