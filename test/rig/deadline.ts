/**
 * How long a test waits for what must come, in milliseconds: not a guess about speed but the end of a lost cause, also
 * on a machine with a load of 15. Shorter than vitest's own limits, whose message does not say what was awaited.
 */
export const DEADLINE_MS = Number(process.env.TEST_DEADLINE_S ?? 600) * 1000;

/**
 * The promise, or an error that tells what was awaited and what is known instead of a test that hangs.
 * @param known Called when the time is over: outputs, events, whatever explains why it did not come.
 */
export async function withDeadline<T>(promise: Promise<T>, awaited: string, known: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`still waiting for ${awaited}\n${known()}`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}
