import type {Command} from 'commander';
import {refuseUnknownPart} from './help.ts';

/** The commands with which a person decides, and those that show what there is to decide. */
export function addDecidingCommands(program: Command): void {
  addApprovals(program);
  addApprove(program);
  addReject(program);
  addAnswer(program);
  addBlockers(program);
  addTask(program);
}

function addApprovals(program: Command): void {
  const command = program.command('approvals [id]').description('show what waits for approval, and what was decided');
  shared(command).action(async (id: string | undefined, flags) => {
    const {approvals} = await import('./commands/approvals.ts');
    await approvals(id, flags);
  });
}

function addApprove(program: Command): void {
  phaseCommand(program, 'approve', '[id] <task> [phase]', 'let a phase of a kiro task through, as it is shown')
    .option('-m, --message <comment>', 'a comment, for the record')
    .action(async (first: Word, second: Word, third: Word, flags) => {
      const {approve} = await import('./commands/approve.ts');
      process.exitCode = await approve(said(first, second, third), flags);
    });
}

function addReject(program: Command): void {
  phaseCommand(program, 'reject', '[id] <task> [phase] -m <reason>', 'send a phase of a kiro task back to work')
    .option('-m, --message <reason>', 'why; the next attempt reads it')
    .action(async (first: Word, second: Word, third: Word, flags) => {
      const {reject} = await import('./commands/approve.ts');
      await reject(said(first, second, third), flags);
    });
}

function addAnswer(program: Command): void {
  const command = program.command('answer').argument('[words...]').usage('[options] [id] <task> <text...>');
  shared(command.description('answer what a task asks; its next attempt reads it'))
    .option('-y, --yes', YES)
    .option('--go', 'then go on with the milestone, unless somebody executes it')
    .action(async (words: string[], flags) => {
      const {answer} = await import('./commands/answer.ts');
      process.exitCode = await answer(words, flags);
    });
}

function addBlockers(program: Command): void {
  const command = program.command('blockers [id]').description('show what holds a milestone up, and how it clears');
  shared(command).action(async (id: string | undefined, flags) => {
    const {blockers} = await import('./commands/blockers.ts');
    await blockers(id, flags);
  });
}

function addTask(program: Command): void {
  const task = program.command('task').description('for whoever does the work of a task');
  task.allowExcessArguments().action(() => refuseUnknownPart(task));
  const command = task.command('done [id] [task]').usage('[options] [id] <task>');
  shared(command.description('say that a manual task or phase is done; it is checked before it counts'))
    .option('-m, --message <summary>', 'what was done')
    .action(async (first: Word, second: Word, flags) => {
      const {taskDone} = await import('./commands/task-done.ts');
      await taskDone(said(first, second), flags);
    });
}

function phaseCommand(program: Command, name: 'approve' | 'reject', usage: string, description: string): Command {
  const command = program.command(`${name} [id] [task] [phase]`).usage(`[options] ${usage}`).description(description);
  return shared(command)
    .option('--role <role>', 'in which role, where more than one is asked')
    .option('-y, --yes', YES);
}

/** Also of `skip`. */
export const YES = 'a person has decided: do not ask; needed without a terminal';

type Word = string | undefined;

function said(...words: Word[]): string[] {
  return words.filter(word => word !== undefined);
}

function shared(command: Command): Command {
  return command.option('--milestone <id>', 'the milestone that is meant').option('--json', 'answer with one object');
}
