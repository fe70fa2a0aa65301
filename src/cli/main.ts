// The entry. What must be quick is answered before anything else is loaded.

import {printVersion, VERSION_FLAGS} from './version.ts';

const [, , first, ...rest] = process.argv;

// A reader that goes away (`| head -1`) or a terminal that closes must not end an execution.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

if (first !== undefined && VERSION_FLAGS.includes(first)) printVersion();
else if (first === '__read-plan') {
  const {printPlanFile} = await import('../milestone/read-in-child.ts');
  await printPlanFile(rest[0] as string, rest[1] as string);
} else {
  const {run} = await import('./program.ts');
  await run(process.argv);
}
