import {Argument, type Command, InvalidArgumentError, Option} from 'commander';
import {parseDuration} from '../plan/duration.ts';
import {SHELLS} from './completion/scripts.ts';
import {YES} from './deciding-commands.ts';

/** The commands with which a milestone begins and ends, and what a shell is told of all commands. */
export function addEndingCommands(program: Command): void {
  addNew(program);
  addLand(program);
  addDiscard(program);
  addClean(program);
  addCompletion(program);
}

function addNew(program: Command): void {
  const command = program
    .command('new <id> [title]')
    .description('write the plan of a new milestone, with what can be in it');
  command.option('--json', 'answer with one object').action(async (id: string, title: string | undefined, flags) => {
    const {newPlan} = await import('./init/new-plan.ts');
    newPlan(id, title, flags);
  });
}

function addLand(program: Command): void {
  program
    .command('land [id]')
    .description('bring a milestone into the branch that it began at, once the whole is checked there')
    .option('--into <branch>', 'into this branch instead')
    .option('--merge', 'by a merge commit (the default)')
    .option('--squash', 'as one commit')
    .option('--ff', 'only where that branch has not moved, without a commit that joins')
    .option('--pr', 'push it and open a pull request instead, by gh or glab')
    .option('--partial', 'also what is done of a milestone that is not complete')
    .option('--no-record', 'without its plan, documents and approvals')
    .option('--dry-run', 'say what would be done; change nothing')
    .option('--milestone <id>', 'the milestone that is meant')
    .option('--json', 'answer with one object')
    .action(async (id: string | undefined, flags) => {
      const {land} = await import('./ending/land.ts');
      process.exitCode = await land(id, flags);
    });
}

function addDiscard(program: Command): void {
  program
    .command('discard [id]')
    .description('take a milestone back as if it had never been executed; its commits are kept at a ref')
    .option('-y, --yes', YES)
    .option('--milestone <id>', 'the milestone that is meant')
    .option('--json', 'answer with one object')
    .action(async (id: string | undefined, flags) => {
      const {discard} = await import('./ending/discard.ts');
      process.exitCode = await discard(id, flags);
    });
}

const DAY_MS = 86_400_000;

function addClean(program: Command): void {
  program
    .command('clean')
    .description('free the slots, logs and kept refs of milestones that are over, and what workers left')
    .addOption(
      new Option('--older-than <time>', 'that have been over for so long').argParser(age).default(30 * DAY_MS, '30d'),
    )
    .option('--dry-run', 'say how much it would free; change nothing')
    .option('--json', 'answer with one object')
    .action(async flags => {
      const {clean} = await import('./ending/clean.ts');
      await clean(flags);
    });
}

/** Milliseconds. */
function age(text: string): number {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  const ms = days === undefined ? parseDuration(text) : Number(days) * DAY_MS;
  if (ms >= 0) return ms;
  throw new InvalidArgumentError('expected a number and a unit, such as 30d or 12h');
}

function addCompletion(program: Command): void {
  const shell = new Argument('<shell>', 'whose completion it is');
  // Offered, not held to: what is none of them is told so in our own words.
  shell.argChoices = [...SHELLS];
  program
    .command('completion')
    .addArgument(shell)
    .argument('[words...]')
    .usage('[options] <bash|zsh|fish>')
    .description('print what makes a shell complete commands, milestones and tasks')
    .option('--json', 'answer with one object')
    .action(async (shell: string, words: string[], flags) => {
      const {completion} = await import('./completion/completion.ts');
      await completion(program, [shell, ...words], flags);
    });
}
