import {Argument, type Command, InvalidArgumentError, Option} from 'commander';
import {status} from './commands/status.ts';

/** The commands that only look: none of them changes a milestone or starts a program. */
export function addReadingCommands(program: Command): void {
  addStatus(program);
  addList(program);
  addValidate(program);
  addGraph(program);
  addLog(program);
  addSchema(program);
  addInit(program);
}

function addStatus(program: Command): void {
  ofMilestone(program.command('status [id]'), 'show how far a milestone is, and what needs you')
    .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'md', 'json']))
    .option('-w, --watch', 'go on as it changes: the dashboard on a terminal, else a line for each event')
    .action(async (id: string | undefined, flags) => {
      if (flags.watch) {
        const {watch} = await import('./follow/watch.ts');
        process.exitCode = await watch(id, flags);
        return;
      }
      await status(id, flags);
    });
}

function addList(program: Command): void {
  asJson(program.command('list').description('show all milestones')).action(async flags => {
    const {list} = await import('./commands/list.ts');
    await list(flags);
  });
}

function addValidate(program: Command): void {
  asJson(program.command('validate').argument('[plans...]', 'ids of milestones, or files; none: all, and config.yaml'))
    .description('find all that is wrong with plans and config.yaml')
    .option('--strict', 'a key that is not known is an error, also one that is near no other')
    .addOption(
      new Option('--format <format>', 'how to show it; github: beside the lines of a pull request').choices([
        'text',
        'json',
        'github',
        'junit',
        'sarif',
      ]),
    )
    .option('--changed <ref>', 'only what differs from where this branch left <ref>')
    .action(async (words: string[], flags) => {
      const {validate} = await import('./commands/validate.ts');
      process.exitCode = await validate(words, flags);
    });
}

function addGraph(program: Command): void {
  ofMilestone(program.command('graph [id]'), 'show which task waits for which')
    .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'mermaid', 'json']))
    .action(async (id: string | undefined, flags) => {
      const {graph} = await import('./commands/graph.ts');
      await graph(id, flags);
    });
}

function addLog(program: Command): void {
  ofMilestone(program.command('log [id] [task]'), 'show what happened, event by event')
    .option('-f, --follow', 'go on as it happens, until the session ends')
    .option('--task <task>', 'only what is about this task')
    .option('--attempt <n>', 'only what is about this attempt', positive)
    .option('--event <names>', 'only these events (comma-separated)', names)
    .option('--session <id>', 'only of this session')
    .option('--last <n>', 'only the last of them', positive)
    .option('--output', 'what an attempt printed, instead of events')
    .action(async (first: string | undefined, second: string | undefined, flags) => {
      const {log} = await import('./commands/log.ts');
      process.exitCode = await log(
        [first, second].filter(word => word !== undefined),
        flags,
      );
    });
}

function addSchema(program: Command): void {
  const of = new Argument('[of]', 'whose schema').default('milestone');
  // Offered, not held to: what is neither is told so in our own words.
  of.argChoices = ['milestone', 'config'];
  asJson(
    program.command('schema').addArgument(of).description('print the JSON Schema of a plan or of config.yaml'),
  ).action(async (of: string, flags) => {
    const {schema} = await import('./commands/schema.ts');
    await schema(of, flags);
  });
}

function addInit(program: Command): void {
  asJson(program.command('init [folder]').description('make a home for milestones, with an example'))
    .option('--claude', 'write the commands /milestone:execute, :status, :resume and :approve for Claude Code')
    .option('--opencode', 'write the same commands for OpenCode')
    .option('--force', 'replace files that are in the way')
    .option('--remove', 'take the commands away again; what you have changed stays')
    .option('--dry-run', 'show what would be written or removed, and do nothing')
    .action(async (folder: string | undefined, flags) => {
      const {init} = await import('./commands/init.ts');
      await init(folder, flags);
    });
}

function ofMilestone(command: Command, description: string): Command {
  return asJson(command.description(description).option('--milestone <id>', 'the milestone that is meant'));
}

function asJson(command: Command): Command {
  return command.option('--json', 'answer with one object');
}

function names(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(',').flatMap(name => name.trim() || [])];
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1');
  return Number(text);
}
