// Every command there is; each is loaded when it is called.

import {Command, CommanderError, InvalidArgumentError, Option} from 'commander';
import {MilestoneError} from '../errors.ts';
import {findHome} from '../plan/file/home.ts';
import {TOKEN_VARIABLE} from '../platform/processes/tokens.ts';
import {version} from '../platform/version.ts';
import {attentionFormat} from './attention-format.ts';
import {addChangingCommands} from './changing-commands.ts';
import {attention} from './commands/attention.ts';
import {addPrompt} from './commands/prompt.ts';
import {addDecidingCommands} from './deciding-commands.ts';
import {addEndingCommands} from './ending-commands.ts';
import {describeFailure, failureText, reportFailure} from './failure.ts';
import {explainCommands, refuseUnknownTopic, usageError} from './help.ts';
import {addReadingCommands} from './reading-commands.ts';
import {addResultCommands} from './result-commands.ts';
import {addWaitingCommands} from './waiting-commands.ts';
import {addWorkerCommands} from './worker-commands.ts';

/** Parse the command line, run the command, and set the exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    const format = attentionFormat(argv.slice(2));
    if (format !== undefined) return await attention(format);
    const program = buildProgram(argv[2]);
    refuseUnknownTopic(program, argv.slice(2));
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = reportUsage(error, argv);
    else process.exitCode = reportFailure(error, wantsJson(argv));
  }
}

function reportUsage(error: CommanderError, argv: readonly string[]): number {
  if (error.exitCode === 0) return 0;
  const failure = usageError(error.message, argv.slice(2));
  if (wantsJson(argv))
    console.log(JSON.stringify({ok: false, ...(isStream(argv) && {exit: 2}), error: describeFailure(failure)}));
  else console.error(failureText(failure));
  return 2;
}

/** Whether events as lines were asked for: their end names the exit code, also when there are none. */
function isStream([, , command, ...words]: readonly string[]): boolean {
  if (command === 'log') return words.some(word => word === '--follow' || word === '-f');
  return command === 'execute' || command === 'resume' || command === 'demo';
}

function wantsJson(argv: readonly string[]): boolean {
  return argv.includes('--json') || argv.includes('--format=json') || argv[argv.indexOf('--format') + 1] === 'json';
}

/** All but those that only look. */
const OTHER_COMMANDS: ReadonlyArray<(program: Command) => void> = [
  addExecutionCommands,
  addResultCommands,
  addPrompt,
  addChangingCommands,
  addDecidingCommands,
  addWaitingCommands,
  addEndingCommands,
  addWorkerCommands,
];

/** @param asked The command that is called, if it is known: whoever only looks waits for no other command's options. */
export function buildProgram(asked?: string): Command {
  const program = new Command('milestone')
    .description('Carries out a plan of tasks in git, in parallel, unattended; survives being killed at any instant.')
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    // Said once more in our own form, with what was thrown.
    .configureOutput({outputError: () => {}});
  addReadingCommands(program);
  if (!program.commands.some(command => command.name() === asked)) for (const add of OTHER_COMMANDS) add(program);
  explainCommands(program);
  program.hook('preAction', (_, command) => refuseInsideAttempt(command));
  return program;
}

/** What an attempt may call: it looks, and decides nothing. */
const OPEN_TO_ATTEMPTS = [
  'status',
  'log',
  'list',
  'graph',
  'validate',
  'schema',
  'prompt',
  'approvals',
  'blockers',
  'show',
  'completion',
];

/** Decisions are for people: what an attempt starts must not decide about attempts. */
async function refuseInsideAttempt(command: Command): Promise<void> {
  if (OPEN_TO_ATTEMPTS.includes(command.name()) || !(await isInsideAttempt())) return;
  throw new MilestoneError('INSIDE_ATTEMPT', `\`${fullName(command)}\` is not for use inside an attempt`, {
    hint: 'run it in a terminal of your own',
  });
}

async function isInsideAttempt(): Promise<boolean> {
  if (process.env[TOKEN_VARIABLE] !== undefined) return true;
  const [{descendsFromAttempt}, {workingFolderOf}] = await Promise.all([
    import('../requests/inside-attempt.ts'),
    import('../platform/processes/relatives.ts'),
  ]);
  const folder = workingFolderOf(process.pid);
  const home = folder === undefined ? undefined : findHome(folder);
  return home !== undefined && descendsFromAttempt(home, process.pid);
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

function addExecutionCommands(program: Command): void {
  executionCommand(program, 'execute', 'carry out a milestone until it is complete or cannot go on');
  executionCommand(program, 'resume', 'go on with a milestone that was interrupted, paused or blocked');
  program
    .command('demo')
    .description('carry out the example plan in a new repository and show what came of it')
    .option('--json', 'events as lines')
    .action(async flags => {
      const {demo} = await import('./commands/demo.ts');
      process.exitCode = await demo(flags);
    });
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
    .option('--detach', 'go on in the background; implies --wait')
    .addOption(
      new Option('--gates <how>', 'auto: nobody is asked at the gates of kiro tasks').choices(['wait', 'auto']),
    )
    .option('--yolo', 'let agents with `permissions: full` do whatever they want')
    .option('--wait', 'sleep until a quota is back instead of ending')
    .addOption(new Option('--tell-start <fd>').argParser(Number).hideHelp())
    .option('--take-over', 'take the lock from an owner on another machine or in another container')
    .option('--adopt', 'begin a log for a plan that was executed elsewhere')
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'md', 'json']).default('text'))
    .option('--json', 'the same as --format json: events as lines');
  if (name === 'execute') command.option('--resume', 'the same as `milestone resume`');
  else command.option('--session <id>', 'the session to go on from').option('--plan', 'the same as --dry-run');
  command.action(async (id: string | undefined, flags) => {
    const {execute} = await import('./commands/execute.ts');
    process.exitCode = await execute(name, id, {...flags, json: flags.json || flags.format === 'json'});
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
