// The entry. What must be quick is answered before anything else is loaded.

/** In package.json; the bundler puts it in, here and in version.ts: one file less to load. */
declare const MILESTONE_VERSION: string;

const [, , first, ...rest] = process.argv;

/** Executions read their plan in a process of its own, which starts ahead; a dry run reads it itself. */
const isExecution =
  (first === 'execute' || first === 'resume') && !rest.some(word => /^--(?:dry-run|plan|help)$/.test(word));

// A reader that goes away (`| head -1`) or a terminal that closes must not end an execution.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

if (first === '--version' || first === '-V') process.stdout.write(`${MILESTONE_VERSION}\n`);
else if (first === '__read-plan') {
  const {answerPlanRequest} = await import('../milestone/read-in-child.ts');
  await answerPlanRequest(process.stdin, rest[0]);
} else if (first === undefined && (await hasMilestones())) {
  const {quickStatus} = await import('./quick-status.ts');
  await quickStatus([]);
} else if (first === 'status' && isPlain(rest)) {
  const {quickStatus} = await import('./quick-status.ts');
  await quickStatus(rest);
} else {
  const ahead = isExecution ? import('./plan-reader.ts') : undefined;
  const {run} = await import('./program.ts');
  await run(process.argv);
  await (await ahead)?.endPlanReader();
}

/** Nothing but an id and `--json`: no parser of command lines is needed. */
function isPlain(words: readonly string[]): boolean {
  const others = words.filter(word => word !== '--json');
  return others.length <= 1 && !others.some(word => word.startsWith('-'));
}

/** The command alone shows how things stand, where there is anything to show. */
async function hasMilestones(): Promise<boolean> {
  const {findHome, listMilestones} = await import('../milestone/home.ts');
  const home = findHome(process.cwd());
  return home !== undefined && listMilestones(home).some(({folder}) => folder === 'active');
}
