import type {PlanReading} from './read-in-child.ts';
import {readConfigFile, readPlanFile} from './reader.ts';
import {isSameStamp, planStamp} from './stamp.ts';

/**
 * The other end of `PlanReader`: reads one request, prints one line of JSON; resolves once all of it is out.
 * @param guess The plan that will probably be asked for: it is read while the request is still to come, and once more
 * if it has changed by then.
 */
export async function answerPlanRequest(input: AsyncIterable<Buffer | string>, guess?: string): Promise<void> {
  const ahead = guess === undefined ? undefined : readPlanFile(guess);
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  if (chunks.length === 0) return; // nobody needs it any more
  const {file, configFile} = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, string>;
  const {config, problems: configProblems, stamp} = readConfigFile(configFile as string);
  const reading: PlanReading = {
    ...(ahead?.stamp && file === guess && isSameStamp(ahead.stamp, planStamp(file as string))
      ? ahead
      : readPlanFile(file as string)),
    config,
    configProblems,
    ...(stamp && {configStamp: stamp}),
  };
  await new Promise<void>((resolve, reject) =>
    process.stdout.write(`${JSON.stringify(reading, bigintAsText)}\n`, error => (error ? reject(error) : resolve())),
  );
}

/** JSON has no integers of any size; only keys that nothing here knows have such values. */
function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
