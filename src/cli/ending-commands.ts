import {Argument, type Command} from 'commander';
import {SHELLS} from './completion/scripts.ts';

/** The commands with which a milestone begins and ends, and what a shell is told of all commands. */
export function addEndingCommands(program: Command): void {
  addNew(program);
  addLand(program);
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

function addCompletion(program: Command): void {
  const shell = new Argument('<shell>', 'whose completion it is');
  // Offered, not held to: what is none of them is told so in our own words.
  shell.argChoices = [...SHELLS];
  program
    .command('completion')
    .addArgument(shell)
    .argument('[words...]')
    .usage('<bash|zsh|fish>')
    .description('print what makes a shell complete commands, milestones and tasks')
    .action(async (shell: string, words: string[]) => {
      const {completion} = await import('./completion/completion.ts');
      await completion(program, shell, words);
    });
}
