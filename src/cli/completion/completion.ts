import type {Command} from 'commander';
import {MilestoneError} from '../../errors.ts';
import {knownMilestones} from '../../milestone/find-milestone.ts';
import {look} from '../../milestone/look.ts';
import {findHome, type HomePaths, homePaths} from '../../plan/file/home.ts';
import {isValidId} from '../../plan/ids.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import {didYouMean} from '../../plan/suggest.ts';
import {print} from '../../platform/print.ts';
import {printable} from '../../terminal/printable.ts';
import {chooseMilestone} from '../choose-milestone.ts';
import {type Candidate, complete, type Known} from './complete.ts';
import {REPLY, SCRIPTS, SHELLS, type Shell} from './scripts.ts';

/** `milestone completion`: what a shell is to be told once, and then each time its answer. */
export async function completion(
  program: Command,
  [shell = '', ...words]: readonly string[],
  {json}: {json?: boolean},
): Promise<void> {
  if (shell === REPLY) return reply(program, words);
  const script = SCRIPTS[shell as Shell];
  if (script === undefined || words.length > 0)
    throw new MilestoneError('USAGE', script ? 'one shell is enough' : `there is no completion for \`${shell}\``, {
      hint: didYouMean(shell, SHELLS) ?? `milestone completion ${SHELLS.join('|')}`,
    });
  print(json ? `${JSON.stringify({ok: true, shell, script})}\n` : script);
}

/** Whoever types is not to read of what is wrong in a home. */
async function reply(program: Command, words: readonly string[]): Promise<void> {
  const home = findHome(process.cwd());
  const paths = home === undefined ? undefined : homePaths(home);
  const known: Known = {
    milestones: () => (paths ? milestonesIn(paths) : []),
    tasks: async milestone => (paths ? tasksIn(paths, milestone) : []),
  };
  for (const {word, about} of await complete(program, words, known)) print(`${word}\t${printable(about)}\n`);
}

function milestonesIn(paths: HomePaths): Candidate[] {
  return knownMilestones(paths).flatMap(({id, folder}) => (isValidId(id) ? {word: id, about: folder} : []));
}

/** From the cache, where there is one. */
async function tasksIn(paths: HomePaths, milestone: MilestoneId | undefined): Promise<Candidate[]> {
  try {
    const {plan} = (await look(paths, chooseMilestone(paths, milestone))).snapshot;
    return plan.tasks.map(task => ({word: task.id, about: task.title}));
  } catch (error) {
    if (error instanceof MilestoneError) return [];
    throw error;
  }
}
