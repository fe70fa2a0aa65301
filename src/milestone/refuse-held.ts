import {MilestoneError} from '../errors.ts';
import type {MilestoneOnDisk} from './hold.ts';

type Planned = Pick<MilestoneOnDisk, 'id' | 'paths' | 'planFile' | 'read' | 'state'>;

/**
 * Refuse what has no log here, and of which its plan says that it is not to be executed: it is over, or waits for
 * somebody. Whoever adopts it has seen that; only what was cancelled stays so.
 * @throws {MilestoneError} `WRONG_STATUS`
 */
export function refuseHeld({id, paths, planFile, read, state}: Planned, {adopt = false}: {adopt?: boolean} = {}): void {
  const {status, held} = read.imported;
  if (state.activation || (adopt && status !== 'cancelled')) return;
  if (planFile === paths.completed(id))
    throw new MilestoneError('WRONG_STATUS', `milestone \`${id}\` is in \`completed/\`, and has no event log here`, {
      hint: 'move its plan to `active/` and write `status: planned` to execute what is left of it',
      where: {file: planFile},
    });
  if (held === undefined) return;
  const isBlocked = status === 'blocked';
  throw new MilestoneError(
    'WRONG_STATUS',
    `the plan of milestone \`${id}\` says \`status: ${held}\`, so it is not executed`,
    {
      hint: `${isBlocked ? 'clear what blocks it, then write' : 'write'} \`status: planned\` in it to execute ${status === 'completed' ? 'what is left of it' : 'it'}`,
      where: {file: planFile},
    },
  );
}
