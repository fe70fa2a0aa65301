import {MilestoneError} from '../../errors.ts';
import {attentionText} from '../../terminal/attention-text.ts';
import {listActive} from '../commands/list.ts';
import {status} from '../commands/status.ts';
import {reportFailure} from '../failure.ts';

/**
 * `milestone status` with nothing but an id and `--json`, past the parser of command lines. The bundler puts this and
 * all that it needs into one file of its own: to load many takes longer than the work itself.
 */
export async function quickStatus(words: readonly string[]): Promise<void> {
  const json = words.includes('--json');
  try {
    await status(
      words.find(word => word !== '--json'),
      {json},
    );
  } catch (error) {
    process.exitCode = reportFailure(error, json);
  }
}

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
