import {readPlanAndConfig} from './reader.ts';

/** The other end of `readInChild`: reads one request, prints one line of JSON; resolves once all of it is out. */
export async function answerPlanRequest(input: AsyncIterable<Buffer | string>): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  if (chunks.length === 0) return; // nobody needs it any more
  const {file, configFile} = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, string>;
  const reading = readPlanAndConfig(file as string, configFile as string);
  await new Promise<void>((resolve, reject) =>
    process.stdout.write(`${JSON.stringify(reading, bigintAsText)}\n`, error => (error ? reject(error) : resolve())),
  );
}

/** JSON has no integers of any size; only keys that nothing here knows have such values. */
function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
