import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import {knownMilestones, listLogged} from '../../milestone/find-milestone.ts';
import {type HomePaths, homePaths} from '../../plan/file/home.ts';
import {hasErrors} from '../../plan/file/problems.ts';
import {readPlanText} from '../../plan/file/read-plan-text.ts';
import {isValidId} from '../../plan/ids.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import {fileError, makeFolder, writeNewFile} from '../../platform/files.ts';
import {readProjectTools} from '../../platform/project-tools.ts';
import {printable} from '../../terminal/printable.ts';
import {requireHome} from '../choose-milestone.ts';
import {shownPath} from '../shown-path.ts';

/** `milestone new`: a plan that says what can be in it, and that can be carried out as it is. */
export function newPlan(id: MilestoneId, title: string | undefined, {json}: {json?: boolean}): void {
  const paths = homePaths(requireHome());
  if (!isValidId(id))
    throw new MilestoneError('USAGE', `\`${id}\` cannot be the id of a milestone`, {
      hint: 'letters, digits, `.`, `_` and `-`, up to 64 of them, a letter or digit first',
    });
  refuseTaken(paths, id);
  const file = paths.active(id);
  const text = planText(id, title ?? id, readProjectTools(path.dirname(paths.home)).test);
  const {problems} = readPlanText(text, file);
  if (hasErrors(problems)) throw new MilestoneError('USAGE', problems[0]!.message, {hint: problems[0]!.hint});
  write(file, text, id);
  if (json) {
    console.log(JSON.stringify({ok: true, id, file}));
    return;
  }
  console.log(printable(`made ${shownPath(file)}`));
  console.log(`next: write its tasks, then \`milestone execute ${id} --dry-run\``);
}

/** @throws {MilestoneError} `FILE_EXISTS` when somebody else has just made one. */
function write(file: string, text: string, id: MilestoneId): void {
  try {
    makeFolder(path.dirname(file));
    writeNewFile(file, text);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? taken(id, file) : fileError(error, `write \`${file}\``);
  }
}

/** @throws {MilestoneError} `FILE_EXISTS`: ids that differ in upper and lower case alone are one for files and branches. */
function refuseTaken(paths: HomePaths, id: MilestoneId): void {
  const isSame = (other: MilestoneId) => other.toLowerCase() === id.toLowerCase();
  const known = knownMilestones(paths).find(milestone => isSame(milestone.id));
  if (known) throw taken(known.id, known.file);
  // Its next activation would go on with what that log tells.
  const logged = listLogged(paths).find(isSame);
  if (logged !== undefined) throw taken(logged, paths.log(logged));
}

function taken(id: MilestoneId, file: string): MilestoneError {
  return new MilestoneError('FILE_EXISTS', `there is a milestone \`${id}\` already`, {
    hint: 'choose another id',
    where: {file},
  });
}

/** Words as JSON writes them: YAML includes that, and takes no id for a number. */
function planText(id: MilestoneId, title: string, test: string | undefined): string {
  const verify = `# verify: ${test ?? 'npm test'}`.padEnd(26);
  return `# A plan: tasks, and which of them wait for others. \`milestone validate ${id}\` checks it,
# \`milestone execute ${id} --dry-run\` shows what would run, and in which order; every key is in \`milestone schema\`.

id: ${JSON.stringify(id)} # equals the file name
title: ${JSON.stringify(title)}
# success_criteria: [what is true when all of it is done]
# dependencies: {requires: [another-milestone]} # must be completed before this one starts

settings:
  max_parallel: 3 # attempts at a time
  ${verify} # green after every task, or it is not done
  # verify_final: npm run e2e # once more, before the whole is complete
  # budget: {usd: 5}         # for all tasks together

tasks:
  - id: first
    title: What comes first
    run: "true" # a command; without \`run\` a coding agent does what \`description\` says
    # description: What is wanted, and what a reader of the code cannot know.
    # acceptance_criteria: [a wrong password gives 401]
    # verify: npm test -- login # green, or this task is not done
    # touches: [src/login/**] # what it may change; tasks that touch the same never run together

  - id: second
    title: What needs the first
    dependencies: [first] # starts when that is done and checked
    run: "true"
`;
}
