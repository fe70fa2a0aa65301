import {Argument, type Command} from 'commander';
import {SHELLS} from './completion/scripts.ts';

/** The commands with which a milestone begins and ends, and what a shell is told of all commands. */
export function addEndingCommands(program: Command): void {
  addNew(program);
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
