import {MilestoneError} from '../../errors.ts';
import {attentionText} from '../../terminal/attention-text.ts';
import {reportFailure} from '../failure.ts';
import {listActive} from './list.ts';
import {status} from './status.ts';

/** `milestone` alone: what matters of the one that is meant; of several, a line each. */
export async function attention(): Promise<void> {
  try {
    await status(undefined, {}, attentionText).catch(error => {
      if (error instanceof MilestoneError && error.code === 'AMBIGUOUS_MILESTONE') return listActive();
      throw error;
    });
  } catch (error) {
    process.exitCode = reportFailure(error, false);
  }
}
