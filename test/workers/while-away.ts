import {expect} from 'vitest';
import type {MilestoneRig} from '../rig/milestone-rig.ts';
import type {ScriptedRun} from '../rig/scripted-command.ts';
import type {Postgres} from './postgres.ts';

/** Have what runs at a worker end while the database is away, as the execution says, and bring that back. */
export async function endWhileAway(database: Postgres, rig: MilestoneRig, held: ScriptedRun): Promise<void> {
  await database.stop();
  const blocker = await rig.waitForEvent('m', 'blocker_detected');
  expect(blocker.details).toMatchObject({type: 'workers_unreachable'});
  await held.exit(0);
  await database.resume();
}
