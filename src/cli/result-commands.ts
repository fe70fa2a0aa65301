import {type Command, Option} from 'commander';

/** The commands with which a person looks at what was done. */
export function addResultCommands(program: Command): void {
  addReport(program);
}

function addReport(program: Command): void {
  program
    .command('report [id]')
    .description('show what was done and proved, what it cost, and what is left for you; also while it runs')
    .option('--milestone <id>', 'the milestone that is meant')
    .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'md', 'json', 'junit']))
    .option('--json', 'answer with one object')
    .action(async (id: string | undefined, flags) => {
      const {report} = await import('./commands/results/report.ts');
      await report(id, flags);
    });
}
