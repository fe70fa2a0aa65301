// What can come next on a command line, worked out from the program's own commands: it knows each that there is.

import type {Argument, Command, Option} from 'commander';
import type {MilestoneId} from '../../plan/plan.ts';

/** A word that can come next, and what it means. */
export interface Candidate {
  word: string;
  about: string;
}

/** What only a home knows; asked for nothing that the line does not need. */
export interface Known {
  milestones(): readonly Candidate[];
  /** @param milestone Absent: of the one that is meant when none is named. */
  tasks(milestone: MilestoneId | undefined): Promise<readonly Candidate[]>;
}

/** What was said before the word that is completed. */
interface Line {
  command: Command;
  /** Words that are neither commands nor options. */
  said: string[];
  /** An option that waits for its value. */
  open: Option | undefined;
  /** `--milestone`. */
  milestone: MilestoneId | undefined;
}

/**
 * @param words After the program's name; the last is the one that is completed, and may be empty.
 * @returns Nothing where the names of files are meant.
 */
export async function complete(program: Command, words: readonly string[], known: Known): Promise<Candidate[]> {
  // Bash takes `--format=md` for three words.
  const said = words.at(-1) === '=' ? [...words, ''] : words;
  const current = said.at(-1) ?? '';
  const line = read(
    program,
    said.slice(0, -1).filter(word => word !== '='),
  );
  const inline = /^(--[\w-]+)=(.*)$/s.exec(current);
  const option = inline ? optionOf(line.command, inline[1] as string) : line.open;
  const [prefix, typed] = inline ? [`${inline[1]}=`, inline[2] as string] : ['', current];
  const candidates = option ? await valuesOf(option, line, known) : await next(line, typed, known);
  return candidates.filter(({word}) => word.startsWith(typed)).map(({word, about}) => ({word: prefix + word, about}));
}

function read(program: Command, words: readonly string[]): Line {
  const line: Line = {command: program, said: [], open: undefined, milestone: undefined};
  for (const word of words) {
    const {open, command} = line;
    line.open = undefined;
    if (open) {
      if (open.long === '--milestone') line.milestone = word;
    } else if (word.startsWith('-')) {
      const option = optionOf(command, word);
      if (option?.required) line.open = option;
    } else {
      const inner = line.said.length === 0 ? subcommandOf(command, word) : undefined;
      if (inner) line.command = inner;
      else line.said.push(word);
    }
  }
  return line;
}

function optionOf(command: Command, word: string): Option | undefined {
  return command.options.find(({long, short}) => long === word || short === word);
}

function subcommandOf(command: Command, word: string): Command | undefined {
  return command.commands.find(inner => inner.name() === word);
}

/** What an option wants: one of its own words, or what it is called after. */
async function valuesOf({argChoices, flags}: Option, line: Line, known: Known): Promise<readonly Candidate[]> {
  if (argChoices) return argChoices.map(word => ({word, about: ''}));
  if (/<id>/.test(flags) && /^--milestone/.test(flags)) return known.milestones();
  return /<tasks?>/.test(flags) ? known.tasks(line.milestone ?? line.said[0]) : [];
}

async function next(line: Line, typed: string, known: Known): Promise<readonly Candidate[]> {
  const {command, said} = line;
  if (typed.startsWith('-')) return optionsOf(command);
  if (command.commands.length > 0 && said.length === 0) return commandsOf(command);
  const {registeredArguments: all} = command;
  const argument = all[said.length] ?? (all.at(-1)?.variadic ? all.at(-1) : undefined);
  return argument ? wordsOf(argument, line, known) : [];
}

function optionsOf(command: Command): Candidate[] {
  const visible = command.createHelp().visibleOptions(command);
  return visible.flatMap(({long, description}) => (long ? {word: long, about: description} : []));
}

function commandsOf(command: Command): Candidate[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map(inner => ({word: inner.name(), about: inner.description()}));
}

/** Where a milestone may be named before a task, the first word may be either. */
async function wordsOf(
  argument: Argument,
  {command, said, milestone}: Line,
  known: Known,
): Promise<readonly Candidate[]> {
  const name = argument.name();
  if (argument.argChoices) return argument.argChoices.map(word => ({word, about: ''}));
  const takesTask = command.registeredArguments.some(other => /^(?:task|words)$/.test(other.name()));
  if (name === 'id' || name === 'plans' || (name === 'words' && said.length === 0)) {
    if (milestone !== undefined) return takesTask ? known.tasks(milestone) : [];
    return [...known.milestones(), ...(takesTask ? await known.tasks(undefined) : [])];
  }
  const isTask = name === 'task' || (name === 'words' && said.length === 1);
  return isTask ? known.tasks(milestone ?? said[0]) : [];
}
