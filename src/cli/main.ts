// The entry. What must be quick is answered before anything else is loaded.

/** In package.json; the bundler puts it in, here and in version.ts: one file less to load. */
declare const MILESTONE_VERSION: string;

const [, , first, ...rest] = process.argv;

// A reader that goes away (`| head -1`) or a terminal that closes must not end an execution.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

if (first === '--version' || first === '-V') process.stdout.write(`${MILESTONE_VERSION}\n`);
else if (first === '__read-plan') {
  const {printPlanFile} = await import('../milestone/read-in-child.ts');
  await printPlanFile(rest[0] as string, rest[1] as string);
} else {
  const {run} = await import('./program.ts');
  await run(process.argv);
}
