import {type Command, InvalidArgumentError, Option} from 'commander';
import {LONGEST_MS, parseDuration} from '../plan/duration.ts';

/** The commands for whoever is not looking all the time: `wait` and `notify`. */
export function addWaitingCommands(program: Command): void {
  addWait(program);
  addNotify(program);
}

function addWait(program: Command): void {
  shared(program.command('wait [id]').description('wait until a milestone that is being executed needs you, or ends'))
    .addOption(
      new Option('--until <what>', 'what to wait for besides the end')
        .choices(['attention', 'change', 'done'])
        .default('attention'),
    )
    .option('--timeout <time>', 'how long at most, such as 9m; exit code 10 when it is over', duration)
    .action(async (id: string | undefined, flags) => {
      const {wait} = await import('./commands/wait.ts');
      process.exitCode = await wait(id, flags);
    });
}

function addNotify(program: Command): void {
  shared(program.command('notify [id]').description('try the channels that tell you what happens'))
    .option('--test', 'send a test message to each, and say what came of it')
    .action(async (id: string | undefined, flags) => {
      const {notify} = await import('./commands/notify.ts');
      process.exitCode = await notify(id, flags);
    });
}

function shared(command: Command): Command {
  return command.option('--milestone <id>', 'the milestone that is meant').option('--json', 'answer with one object');
}

/** Milliseconds. */
function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw new InvalidArgumentError('expected a number and a unit, such as 90s, 9m or 2h');
}
