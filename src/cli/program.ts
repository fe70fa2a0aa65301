// Every command there is; each is loaded when it is called.

import {Command, CommanderError, InvalidArgumentError} from 'commander';
import {reportFailure} from './failure.ts';
import {readVersion} from './version.ts';

/** Parse the command line, run the command, and set the exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = buildProgram();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else process.exitCode = reportFailure(error, argv.includes('--json'));
  }
}

function buildProgram(): Command {
  const program = new Command('milestone')
    .description('Carries out a plan of tasks in git, in parallel, unattended; survives being killed at any instant.')
    .version(readVersion())
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(see `milestone --help`)');
  executionCommand(program, 'execute', 'carry out a milestone until it is complete or cannot go on');
  executionCommand(program, 'resume', 'go on with a milestone that was interrupted, paused or blocked');
  return program;
}

function executionCommand(program: Command, name: 'execute' | 'resume', description: string): void {
  const command = program
    .command(`${name} [id]`)
    .description(description)
    .option('--dry-run', 'show what would run, in which order and why; change nothing')
    .option('--only <tasks>', 'run these tasks and nothing else (comma-separated)', list)
    .option('--until <tasks>', 'run these tasks and what they depend on (comma-separated)', list)
    .option('--max-parallel <n>', 'attempts at a time', positive)
    .option('--no-git', 'outside git: no branch, no commits (recorded at the first start)')
    .option('--take-over', 'take the lock from an owner on another machine or in another container')
    .option('--adopt', 'begin a log for a plan that was executed elsewhere')
    .option('--json', 'print events as lines of JSON');
  if (name === 'execute') command.option('--resume', 'the same as `milestone resume`');
  else command.option('--session <id>', 'the session to go on from').option('--plan', 'the same as --dry-run');
  command.action(async (id: string | undefined, flags) => {
    const {execute} = await import('./execute.ts');
    process.exitCode = await execute(name, id, flags);
  });
}

function list(text: string, before: string[] = []): string[] {
  return [
    ...before,
    ...text
      .split(',')
      .map(entry => entry.trim())
      .filter(Boolean),
  ];
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1 to 9999');
  return Number(text);
}
