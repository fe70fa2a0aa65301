import path from 'node:path';
import type {ExecutionContext} from '../execution/context.ts';
import {firstLine} from '../platform/first-line.ts';
import {readProjectTools} from '../workspace/project-tools.ts';
import {checkHead} from './check-head.ts';

/** How soon to ask again for a place in which an attempt is at work. */
const AGAIN_MS = 1_000;

/** Check what tasks would start from, before one of them costs anything or blames its own work. */
export async function checkBaseline(context: ExecutionContext): Promise<void> {
  // What is checked is what stands on record as checked: nothing moves the branch meanwhile.
  await context.mergeQueue.run(() => checkBase(context));
}

async function checkBase(context: ExecutionContext): Promise<void> {
  const {workspace, settings, signal} = context;
  const {integration} = workspace;
  const {verify: command} = settings;
  const head = await integration?.readHead();
  if (!integration || command === undefined || head === undefined) return;
  if (head.kind !== 'head')
    return context.openBlocker({type: 'branch_rewritten', message: head.message, hint: head.hint});
  const checks = await checkHead(context, {name: 'baseline', command}, head.commit);
  if (!checks) return context.lookAgain(AGAIN_MS);
  if (signal.aborted || context.ending) return;
  const ok = checks.every(check => check.ok);
  context.record({event: 'baseline_checked', details: {head: head.commit, ok, checks}});
  if (ok) return;
  const red = checks.find(check => !check.ok);
  context.openBlocker({
    type: 'baseline_red',
    message: `the check \`${firstLine(red?.command ?? '')}\` is red before anything was changed`,
    hint:
      missingSetup(context) ??
      `mend it on \`${integration.branch}\`, or change \`verify\`, then \`milestone resume ${context.state.id}\``,
  });
}

/** A check that needs what a fresh checkout lacks is red for that reason more often than for any other. */
function missingSetup({settings, paths, state}: ExecutionContext): string | undefined {
  if (settings.workspace.setup !== undefined) return undefined;
  const {setup} = readProjectTools(path.dirname(paths.home));
  if (!setup) return undefined;
  const {command, lockFile, makes} = setup;
  return `a fresh folder has no ${makes}: put \`workspace: {setup: ${command}, setup_when: [${lockFile}]}\` under \`settings\` in .milestones/config.yaml, then \`milestone resume ${state.id}\``;
}
