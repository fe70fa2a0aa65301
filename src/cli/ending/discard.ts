import {MilestoneError} from '../../errors.ts';
import {type Discardable, type Discarded, discardable, discard as discardMilestone} from '../../landing/discard.ts';
import {homePaths} from '../../plan/file/home.ts';
import {askYes, canAsk} from '../../platform/ask-yes.ts';
import {SIGNAL_EXITS} from '../../platform/processes/signals.ts';
import {counted} from '../../terminal/amounts.ts';
import {printable} from '../../terminal/printable.ts';
import {usageText} from '../../terminal/usage-text.ts';
import {requireHome} from '../choose-milestone.ts';
import {commandOptions} from '../command-options.ts';
import {targetMilestone} from '../target.ts';

/** `milestone discard`. @returns The exit code. */
export async function discard(
  word: string | undefined,
  flags: {milestone?: string; yes?: boolean; json?: boolean},
): Promise<number> {
  const home = requireHome();
  const id = targetMilestone(homePaths(home), word, flags.milestone);
  const what = await discardable(home, id);
  if (!flags.json) for (const line of whatLines(what)) console.log(printable(line));
  if (!flags.yes) {
    if (!canAsk())
      throw new MilestoneError('USAGE', 'without a terminal `milestone discard` wants `--yes`; nothing is discarded', {
        hint: 'run it in a terminal, or add `--yes` when a person has decided',
      });
    const answer = await askYes(`discard \`${id}\`?`);
    if (answer === 'interrupted') return SIGNAL_EXITS.SIGINT;
    if (answer === 'no') {
      console.log('nothing is discarded');
      return 0;
    }
  }
  const discarded = await discardMilestone(commandOptions(home, id));
  if (flags.json) console.log(JSON.stringify({ok: true, discarded}));
  else for (const line of doneLines(discarded)) console.log(printable(line));
  return 0;
}

function whatLines({id, branch, commit, commits, spent, slots, landed}: Discardable): string[] {
  const cost = usageText(spent);
  return [
    `milestone \`${id}\``,
    `  branch  ${branch === null ? 'none' : `${branch} at ${commit?.slice(0, 10)}, ${counted(commits, 'commit')}`}`,
    `  spent   ${cost === '' ? 'nothing that is known' : cost}`,
    `  slots   ${slots}`,
    ...(landed === null ? [] : [`  landed  in ${landed}, where it stays`]),
  ];
}

function doneLines({id, branch, ref, logs}: Discarded): string[] {
  return [
    `milestone \`${id}\` is planned again`,
    ...(ref === null ? [] : [`  its commits are kept at ${ref}: \`git branch ${branch} ${ref}\` brings them back`]),
    `  its logs are in ${logs}`,
  ];
}
