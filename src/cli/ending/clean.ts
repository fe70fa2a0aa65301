import {type Cleaned, clean as cleanHome} from '../../landing/clean.ts';
import {counted} from '../../terminal/amounts.ts';
import {printable} from '../../terminal/printable.ts';
import {requireHome} from '../choose-milestone.ts';
import {commandOptions} from '../command-options.ts';

/** `milestone clean`. */
export async function clean({
  olderThan,
  dryRun = false,
  json,
}: {
  /** Milliseconds. */
  olderThan: number;
  dryRun?: boolean;
  json?: boolean;
}): Promise<void> {
  const {id: _, ...options} = commandOptions(requireHome(), '');
  const cleaned = await cleanHome({...options, olderThanMs: olderThan, dryRun});
  const bytes = cleaned.reduce((sum, one) => sum + one.bytes, 0);
  if (json) console.log(JSON.stringify({ok: true, dry_run: dryRun, bytes, cleaned}));
  else for (const line of lines(cleaned, bytes, dryRun)) console.log(printable(line));
}

function lines(cleaned: readonly Cleaned[], bytes: number, dryRun: boolean): string[] {
  if (cleaned.length === 0) return ['nothing to free'];
  return [
    ...cleaned.flatMap(one => [
      `${one.id}: ${counted(one.slots, 'slot')}, ${counted(one.refs, 'kept ref')}, ${sizeText(one.bytes)}`,
      ...one.with_workers.map(name => `  left by workers: ${name}`),
    ]),
    `${dryRun ? 'would free' : 'freed'} ${sizeText(bytes)}`,
  ];
}

function sizeText(bytes: number): string {
  const [size, unit] = bytes >= 1e9 ? [bytes / 1e9, 'GB'] : bytes >= 1e6 ? [bytes / 1e6, 'MB'] : [bytes / 1e3, 'kB'];
  return `${size.toFixed(1)} ${unit}`;
}
