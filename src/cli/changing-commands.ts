import type {Command} from 'commander';
import {YES} from './deciding-commands.ts';

/** The commands that change a milestone without executing it, and `doctor`. */
export function addChangingCommands(program: Command): void {
  addMilestoneCommand(program, 'pause', 'let what runs finish, start nothing more').option(
    '--now',
    'interrupt what runs; its work is kept',
  );
  addMilestoneCommand(program, 'cancel', 'give a milestone up; its branch and all work are kept').option(
    '--reason <text>',
    'why, for the record',
  );
  addTaskCommand(program, 'retry', '[id] [task]', 'make a failed or blocked task pending again; without a task, all');
  addTaskCommand(
    program,
    'redo',
    '[id] <task>',
    'do a completed task once more, on what the branch holds by now; also of a completed milestone',
  )
    .option('--with-dependents', 'also what was built on it, in any number of steps')
    .option('--reason <text>', 'why, for the record');
  addTaskCommand(program, 'skip', '[id] <task>', 'count a task as done without doing it')
    .option('--reason <text>', 'why, for the record')
    .option('-y, --yes', YES);
  addActivate(program);
  addDoctor(program);
}

function addMilestoneCommand(program: Command, name: 'pause' | 'cancel', description: string): Command {
  return shared(program.command(`${name} [id]`).description(description)).action(
    async (id: string | undefined, flags) => {
      const {changeMilestone} = await import('./commands/change.ts');
      await changeMilestone(name, id, flags);
    },
  );
}

function addTaskCommand(
  program: Command,
  name: 'retry' | 'redo' | 'skip',
  usage: string,
  description: string,
): Command {
  const command = program.command(`${name} [id] [task]`).usage(`[options] ${usage}`).description(description);
  return shared(command).action(async (first: string | undefined, second: string | undefined, flags) => {
    const {changeTask} = await import('./commands/change.ts');
    await changeTask(
      name,
      [first, second].filter(word => word !== undefined),
      flags,
    );
  });
}

function addActivate(program: Command): void {
  const command = program.command('activate [id]').description('make the branch of a planned milestone; start nothing');
  shared(command)
    .option('--no-git', 'outside git: no branch, no commits')
    .action(async (id: string | undefined, flags) => {
      const {activate} = await import('./commands/activate.ts');
      await activate(id, flags);
    });
}

function addDoctor(program: Command): void {
  const command = program
    .command('doctor [id]')
    .description('check that everything is as it should be, and say what to do where it is not');
  shared(command)
    .option('--repair', 'mend what can be mended; nothing is thrown away')
    .action(async (id: string | undefined, flags) => {
      const {doctor} = await import('./commands/doctor.ts');
      process.exitCode = await doctor(id, flags);
    });
}

function shared(command: Command): Command {
  return command.option('--milestone <id>', 'the milestone that is meant').option('--json', 'answer with one object');
}
