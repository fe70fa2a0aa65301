import {MilestoneError} from '../../errors.ts';
import {jsonSchema} from '../../plan/file/schema.ts';
import {didYouMean} from '../../plan/suggest.ts';

const KINDS = ['milestone', 'config'] as const;

/** `milestone schema`. */
export async function schema(of: string, flags: {json?: boolean}): Promise<void> {
  const kind = KINDS.find(known => known === of);
  if (kind === undefined)
    throw new MilestoneError('USAGE', `there is no schema of \`${of}\`: expected \`milestone\` or \`config\``, {
      hint: didYouMean(of, KINDS),
    });
  const found = jsonSchema(kind);
  console.log(flags.json ? JSON.stringify({ok: true, schema: found}) : JSON.stringify(found, null, 2));
}
