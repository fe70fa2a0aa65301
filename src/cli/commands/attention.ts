import {attentionText} from '../../terminal/attention-text.ts';
import {chooseMilestone} from '../choose-milestone.ts';
import {reportFailure} from '../failure.ts';
import {status} from './status.ts';

/** `milestone` alone: what matters of the one that is meant; of several, a line each. */
export async function attention(): Promise<void> {
  try {
    await status(undefined, {}, {choose: chooseMilestone, say: attentionText});
  } catch (error) {
    process.exitCode = reportFailure(error, false);
  }
}
