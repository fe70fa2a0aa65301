import {firstLine} from '../text/first-line.ts';
import type {ExecutionContext} from './context.ts';

/** Check what coding agents would start from, before one of them costs anything. */
export async function checkBaseline(context: ExecutionContext): Promise<void> {
  const {workspace, settings, signal, mergeQueue} = context;
  const {integration} = workspace;
  const head = await integration?.readHead();
  if (!integration || settings.verify === undefined || head === undefined) return;
  if (head.kind !== 'head')
    return context.openBlocker({type: 'branch_rewritten', message: head.message, hint: head.hint});
  const checks = await mergeQueue.run(async () =>
    context.runChecks([{name: 'baseline', command: settings.verify as string}], {
      place: undefined,
      slot: context.mergeSlot,
      cwd: await integration.checkOutCommit(head.commit),
      signal,
    }),
  );
  if (signal.aborted || context.ending) return;
  const ok = checks.every(check => check.ok);
  context.record({event: 'baseline_checked', details: {head: head.commit, ok, checks}});
  if (ok) return;
  const red = checks.find(check => !check.ok);
  context.openBlocker({
    type: 'baseline_red',
    message: `the check \`${firstLine(red?.command ?? '')}\` is red before anything was changed`,
    hint: `mend it on \`${integration.branch}\`, or change \`verify\`, then \`milestone resume\``,
  });
}
