import {type Command, InvalidArgumentError, Option} from 'commander';

/** The commands with which a person looks at what was done. */
export function addResultCommands(program: Command): void {
  addReport(program);
  addWeb(program);
  addShow(program);
  addDiff(program);
}

function addReport(program: Command): void {
  program
    .command('report [id]')
    .description('show what was done and proved, what it cost, what is left to do')
    .option('--milestone <id>', 'the milestone that is meant')
    .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'md', 'html', 'json', 'junit']))
    .option('--json', 'answer with one object')
    .action(async (id: string | undefined, flags) => {
      const {report} = await import('./commands/results/report.ts');
      await report(id, flags);
    });
}

function addWeb(program: Command): void {
  program
    .command('web')
    .description('show all of it as pages in a browser of this machine, live')
    .option('--port <n>', 'where to listen, on this machine alone; any that is free unless given', port, 0)
    .option('--open', 'open the browser')
    .option('--decide', 'let whoever opens it approve, reject, answer, retry, skip, pause and resume')
    .option('--json', 'say the address in an object')
    .action(async flags => {
      const {web} = await import('./web/web.ts');
      process.exitCode = await web(flags);
    });
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new InvalidArgumentError('expected a number from 0 to 65535');
}

function addShow(program: Command): void {
  const command = program.command('show [id] [task]').usage('[options] [id] <task>');
  ofTask(command, 'show all there is to know of one task and its attempts').action(
    async (first: Word, second: Word, flags) => {
      const {show} = await import('./commands/results/show.ts');
      await show(said(first, second), flags);
    },
  );
}

function addDiff(program: Command): void {
  const description = 'show what a task has changed, or all since the base';
  ofTask(program.command('diff [id] [task]'), description).action(async (first: Word, second: Word, flags) => {
    const {diff} = await import('./commands/results/diff.ts');
    process.exitCode = await diff(said(first, second), flags);
  });
}

type Word = string | undefined;

function said(...words: Word[]): string[] {
  return words.filter(word => word !== undefined);
}

function ofTask(command: Command, description: string): Command {
  return command
    .description(description)
    .option('--milestone <id>', 'the milestone that is meant')
    .option('--json', 'answer with one object');
}
