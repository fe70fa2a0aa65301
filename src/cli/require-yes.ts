import {MilestoneError} from '../errors.ts';
import {canAsk} from '../platform/ask-yes.ts';

/**
 * Without a terminal nobody can be asked, and who carries a decision over has to say that it is one.
 * @throws {MilestoneError} `USAGE`
 */
export function requireYes({yes}: {yes?: boolean}, command: 'approve' | 'reject' | 'answer' | 'skip'): void {
  if (yes || canAsk()) return;
  throw new MilestoneError('USAGE', `without a terminal \`milestone ${command}\` wants \`--yes\`; nothing is decided`, {
    hint: 'run it in a terminal, or add `--yes` when a person has decided',
  });
}
