import fs from 'node:fs';
import {MilestoneRig} from './milestone-rig.ts';

/**
 * Copies of what `make` makes the first time that one is asked for: an execution costs fifty times as much as its copy.
 * For what has no slots any more, or is only looked at: the copies of slots belong to the first repository. Nor for what
 * runs checks: these are found, and ended, by the name of the execution, which all copies have in common.
 */
export function copiesOf(make: () => Promise<MilestoneRig>): () => Promise<MilestoneRig> {
  let template: Promise<MilestoneRig> | undefined;
  return async () => {
    template ??= make().then(rig => {
      process.once('exit', () => fs.rmSync(rig.root, {recursive: true, force: true}));
      return rig;
    });
    return MilestoneRig.copyOf(await template);
  };
}
