import chalk from 'chalk';
import {type BlockerDetails, blockerDetails} from '../../reports/blockers.ts';
import type {MilestoneState} from '../../state/milestone.ts';
import {commandLines, heldUpText} from '../blockers-text.ts';
import {printable} from '../printable.ts';

const INDENT = ' '.repeat(9);

/** Of each blocker, whose message has just been shown, who has to act, what it holds up, how it clears, what to type. */
export function blockerScreen(ids: readonly string[], state: MilestoneState): string | undefined {
  const open = ids.flatMap(id => state.blockers.get(id) ?? []);
  const screens = blockerDetails(state, {executed: 'here', projectDriver: undefined}, open).map(screen);
  return screens.length === 0 ? undefined : screens.join(`\n${INDENT}`);
}

function screen(blocker: BlockerDetails): string {
  const {type, task_id, driver, who, clears} = blocker;
  const where = task_id ?? driver;
  const about = where === undefined ? '' : ` ${chalk.bold(printable(where))}`;
  return [
    `${chalk.red('■')} ${type}${about}: ${who === 'you' ? 'you have to act' : `to act: ${who}`}`,
    printable(`${heldUpText(blocker)}; it clears ${clears}`),
    ...commandLines(blocker).map(({text, isCommand}) => (isCommand ? chalk.cyan(printable(text)) : printable(text))),
  ].join(`\n${INDENT}`);
}
