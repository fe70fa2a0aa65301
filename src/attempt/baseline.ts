import path from 'node:path';
import type {Execution} from '../execution/execution.ts';
import {firstLine} from '../platform/first-line.ts';
import {readProjectTools} from '../platform/project-tools.ts';
import type {BranchHead} from '../workspace/workspace.ts';
import {checkHead} from './check-head.ts';

/** How soon to ask again for a place in which an attempt is at work. */
const AGAIN_MS = 1_000;

/** Check what tasks would start from, before one of them costs anything or blames its own work. */
export async function checkBaseline(execution: Execution): Promise<void> {
  // What is checked is what stands on record as checked: nothing moves the branch meanwhile.
  await execution.mergeQueue.run(head => checkBase(execution, head));
}

async function checkBase(execution: Execution, head: BranchHead | undefined): Promise<void> {
  const {workspace} = execution;
  const {settings} = execution.inForce;
  const {signal} = execution.lifetime;
  const {branch} = workspace;
  const {verify: command} = settings;
  if (!branch || command === undefined || head === undefined) return;
  if (head.kind !== 'head') return execution.ledger.openBlocker(head.blocker);
  const checks = await checkHead(execution, {name: 'baseline', command}, head.commit, {
    about: 'baseline',
    labels: execution.inForce.checkLabels,
  });
  if (!checks) return execution.timers.retryBusy(AGAIN_MS);
  if (signal.aborted || execution.lifetime.ending) return;
  const ok = checks.every(check => check.ok);
  execution.ledger.record({event: 'baseline_checked', details: {head: head.commit, ok, checks}});
  if (ok) return;
  const red = checks.find(check => !check.ok);
  execution.ledger.openBlocker({
    type: 'baseline_red',
    message: `the check \`${firstLine(red?.command ?? '')}\` is red before anything was changed`,
    hint:
      missingSetup(execution) ??
      `mend it on \`${branch.name}\`, or change \`verify\`, then \`milestone resume ${execution.ledger.state.id}\``,
  });
}

/** A check that needs what a fresh checkout lacks is red for that reason more often than for any other. */
function missingSetup({
  inForce: {settings},
  surroundings: {paths},
  ledger: {state},
}: Pick<Execution, 'inForce' | 'ledger' | 'surroundings'>): string | undefined {
  if (settings.workspace.setup !== undefined) return undefined;
  const {setup} = readProjectTools(path.dirname(paths.home));
  if (!setup) return undefined;
  const {command, lockFile, makes} = setup;
  return `a fresh folder has no ${makes}: put \`workspace: {setup: ${command}, setup_when: [${lockFile}]}\` under \`settings\` in .milestones/config.yaml, then \`milestone resume ${state.id}\``;
}
