import path from 'node:path';
import type {Workplace, Workspace} from './workspace.ts';

/** Outside git, or with `--no-git`: attempts share the folder that the home lies in, with people; nothing is kept. */
export function plainWorkspace(home: string, mergeSlot: number): Workspace {
  const folder = path.dirname(home);
  // The folder is everybody's: a change in it is no sign of life of one attempt.
  const place = byHand(folder, home);
  return {
    branch: undefined,
    mergeSlot,
    workplaceOf: () => place,
    open: async () => place,
    checkAt: async (_, check) => check(folder),
    noteLeft: async () => undefined,
    remove: async () => undefined,
  };
}

/** A person works where he likes: nothing is there for the program to look at, to freeze or to keep. */
export function byHand(folder: string, home: string): Workplace {
  return {
    folder,
    home,
    freeze: async () => undefined,
    keep: async () => undefined,
    leave: async () => undefined,
    hasChanged: async () => false,
    checkpoint: async () => undefined,
  };
}
