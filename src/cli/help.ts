// What `--help` says of every command besides its options: the group that it belongs to, an example, its exit codes.

import {Command} from 'commander';
import {MilestoneError} from '../errors.ts';
import {suggestId} from '../plan/suggest.ts';

const GROUPS = ['Everyday', 'Plan', 'Repair', 'For whoever does the work', 'Machine'] as const;

/** What each number tells a script, in a few words. */
const EXITS: Readonly<Record<number, string>> = {
  0: 'done',
  2: 'wrong usage, or an invalid plan',
  3: 'the state does not allow it; no home, unknown id',
  4: 'stopped on failed tasks, on blockers, or on a red check',
  5: 'another process holds the milestone',
  6: 'waits for a person',
  7: 'stopped by the budget',
  8: "stopped by a provider's quota",
  9: 'the machine failed: disk, git',
  10: 'still running when the time was over',
  130: 'interrupted (129 SIGHUP, 143 SIGTERM); nothing is lost',
};

interface About {
  group: (typeof GROUPS)[number];
  example: string;
  exits: ReadonlyArray<keyof typeof EXITS>;
}

const READS = [0, 2, 3];
const ACTS = [0, 2, 3, 5, 9];
const RUNS = [0, 2, 3, 4, 5, 6, 7, 8, 9, 130];

const everyday = about('Everyday');
const plan = about('Plan');
const repair = about('Repair');
const work = about('For whoever does the work');
const machine = about('Machine');

/** By full name, in the order in which they are listed. */
const ABOUT: Readonly<Record<string, About>> = {
  init: everyday(READS, 'milestone init'),
  new: everyday(READS, 'milestone new auth-api "Build the authentication API"'),
  execute: everyday(RUNS, 'milestone execute auth-api --dry-run'),
  resume: everyday(RUNS, 'milestone resume'),
  status: everyday(READS, 'milestone status --watch'),
  wait: everyday([0, 2, 3, 4, 6, 7, 8, 9, 10], 'milestone wait --timeout 9m'),
  answer: everyday(ACTS, 'milestone answer login "Yes, sessions last a week"'),
  approve: everyday(ACTS, 'milestone approve login design'),
  reject: everyday(ACTS, 'milestone reject login design -m "No passwords in the log"'),
  report: everyday([0, 2, 3, 9], 'milestone report --format html > report.html'),
  web: everyday([0, 2, 3, 130], 'milestone web --open'),
  show: everyday([0, 2, 3, 9], 'milestone show login'),
  diff: everyday([0, 2, 3, 9], 'milestone diff login'),
  land: everyday([0, 2, 3, 4, 5, 9, 130], 'milestone land auth-api --squash'),
  validate: plan(READS, 'milestone validate auth-api --strict'),
  graph: plan(READS, 'milestone graph auth-api --format mermaid'),
  list: plan(READS, 'milestone list'),
  schema: plan([0, 2], 'milestone schema config'),
  activate: plan(ACTS, 'milestone activate auth-api'),
  pause: repair(ACTS, 'milestone pause --now'),
  cancel: repair(ACTS, 'milestone cancel auth-api --reason "not needed"'),
  retry: repair(ACTS, 'milestone retry login'),
  redo: repair(ACTS, 'milestone redo login --reason "the API has changed"'),
  skip: repair(ACTS, 'milestone skip login --reason "done elsewhere"'),
  discard: repair(ACTS, 'milestone discard auth-api'),
  clean: repair([0, 2, 3, 9], 'milestone clean --older-than 7d --dry-run'),
  doctor: repair([0, 2, 3, 5, 9], 'milestone doctor --repair'),
  log: repair([0, 2, 3, 9], 'milestone log login --output'),
  blockers: repair(READS, 'milestone blockers'),
  approvals: repair(READS, 'milestone approvals'),
  task: work(READS, 'milestone task --help'),
  'task done': work(ACTS, 'milestone task done login -m "by hand"'),
  prompt: work(READS, 'milestone prompt login'),
  completion: machine(READS, 'source <(milestone completion bash)'),
  notify: machine([0, 2, 3, 9], 'milestone notify --test'),
  demo: machine([0, 4, 9], 'milestone demo'),
  worker: machine([0, 2, 3, 9], 'milestone worker --label linux --slots 4'),
  workers: machine(READS, 'milestone workers'),
};

function about(group: About['group']): (exits: About['exits'], example: string) => About {
  return (exits, example) => ({group, example, exits});
}

/** What somebody calls it who knows other programs. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  abort: 'cancel',
  begin: 'execute',
  check: 'validate',
  continue: 'resume',
  create: 'new',
  delete: 'discard',
  gc: 'clean',
  lint: 'validate',
  logs: 'log',
  ls: 'list',
  merge: 'land',
  plan: 'execute --dry-run',
  prune: 'clean',
  remove: 'discard',
  rerun: 'redo',
  rm: 'discard',
  run: 'execute',
  start: 'execute',
  stop: 'pause',
  version: '--version',
};

/** Put every command in its group and give it its example and exit codes; name the command that an unknown one means. */
export function explainCommands(program: Command): void {
  program
    .configureHelp({subcommandTerm: command => `${command.name()} ${usageOf(command)}`.trimEnd(), minWidthToWrap: 30})
    .addHelpCommand(new Command('help').argument('[command]').description('show all of this').helpGroup('Machine:'))
    .addHelpText('after', '\n`milestone` alone shows what needs you; `milestone help <command>` shows an example.')
    .on('command:*', ([word]: string[]) => refuseUnknown(program, word as string));
  // Groups are listed in the order of their first commands.
  const place = (command: Command) => Object.keys(ABOUT).indexOf(command.name());
  (program.commands as Command[]).sort((a, b) => place(a) - place(b));
  explainAll(program, '');
}

function explainAll(parent: Command, prefix: string): void {
  for (const command of parent.commands) {
    const known = ABOUT[prefix + command.name()];
    if (known) explain(command, known, prefix === '');
    command.configureHelp(parent.configureHelp());
    explainAll(command, `${prefix}${command.name()} `);
  }
}

function explain(command: Command, {group, example, exits}: About, isOnTop: boolean): void {
  if (isOnTop) command.helpGroup(`${group}:`);
  const meanings = exits.map(exit => `  ${String(exit).padEnd(4)}${EXITS[exit]}`);
  command.addHelpText('after', ['', 'Example:', `  ${example}`, '', 'Exit codes:', ...meanings].join('\n'));
}

/** What follows a command's name but for its options. */
function usageOf(command: Command): string {
  const usage = command.usage().replace(/\[options\] ?/, '');
  return usage.replace(/^\[command\]$/, '<command>');
}

/**
 * Refuse `help` for a command that there is none of.
 * @param words Of the command line.
 * @throws {MilestoneError} `USAGE`
 */
export function refuseUnknownTopic(program: Command, [first, topic = '']: readonly string[]): void {
  const isKnown = ['', 'help', ...program.commands.map(command => command.name())].includes(topic);
  if (first === 'help' && !isKnown && !topic.startsWith('-')) refuseUnknown(program, topic);
}

/** What a mistake of usage that commander has found is called here. */
export function usageError(message: string, words: readonly string[]): MilestoneError {
  const [, what = message, meant] = /^(?:error: )?(.*?)(?:\n\(Did you mean (.*?)\?\))?$/s.exec(message) ?? [];
  const command = words.find(word => !word.startsWith('-'));
  const help =
    command !== undefined && Object.hasOwn(ABOUT, command) ? `milestone help ${command}` : 'milestone --help';
  return new MilestoneError('USAGE', what.replace(/'([^']*)'/g, '`$1`').replace(/\.$/, ''), {
    hint: meant === undefined ? help : `did you mean \`${meant}\`?`,
  });
}

/**
 * Refuse a command that wants another word behind it and has none that it knows.
 * @throws {MilestoneError} `USAGE`
 */
export function refuseUnknownPart(command: Command): never {
  const [word] = command.args;
  const name = command.name();
  const known = command.commands.map(part => part.name());
  if (word === undefined)
    throw new MilestoneError('USAGE', `\`milestone ${name}\` wants a command behind it: \`${known.join('`, `')}\``, {
      hint: `milestone help ${name}`,
    });
  const meant = suggestId(word, known);
  throw new MilestoneError('USAGE', `there is no command \`${name} ${word}\``, {
    hint: meant === undefined ? `milestone help ${name}` : `did you mean \`milestone ${name} ${meant}\`?`,
  });
}

/** @throws {MilestoneError} `USAGE` */
function refuseUnknown(program: Command, word: string): never {
  const known = program.commands.map(command => command.name());
  const other = Object.hasOwn(OTHER_NAMES, word.toLowerCase()) ? OTHER_NAMES[word.toLowerCase()] : undefined;
  const meant = known.includes(other?.split(' ')[0] ?? '') || other?.startsWith('--') ? other : suggestId(word, known);
  throw new MilestoneError('USAGE', `there is no command \`${word}\``, {
    hint: meant === undefined ? 'milestone --help' : `did you mean \`milestone ${meant}\`?`,
  });
}
