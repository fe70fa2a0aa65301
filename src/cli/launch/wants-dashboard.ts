import tty from 'node:tty';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether a person sits there who can be shown a dashboard: a terminal on all three streams that can move its cursor,
 * no CI, and nothing said against it.
 * @param words The command line, without program and script.
 */
export function wantsDashboard(
  words: readonly string[],
  streams: ReadonlyArray<{isTTY?: boolean}>,
  env: Environment,
): boolean {
  const saysOtherwise = words.some(word => /^--(?:json|format)(?:=|$)/.test(word));
  return streams.every(({isTTY}) => isTTY) && !saysOtherwise && env.TERM !== 'dumb' && !isCi(env);
}

/** Where a terminal is only pretended, and what is drawn ends up in a file. */
function isCi(env: Environment): boolean {
  return [env.CI, env.CONTINUOUS_INTEGRATION].some(value => value !== undefined && value !== '0' && value !== 'false');
}

/** Standard input, output and error: what the system says of them, which opens none. */
export function standardStreams(): Array<{isTTY: boolean}> {
  return [0, 1, 2].map(fd => ({isTTY: tty.isatty(fd)}));
}
