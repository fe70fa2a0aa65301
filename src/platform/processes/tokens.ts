// The run token: a random name in the environment of everything that an attempt starts. It is on disk before the first
// process exists, so whatever was recorded after, the processes of an attempt can be found by it. What runs beside each
// other for one attempt carries a part of it (`<token>.task`), so that one can be ended without the other.

/** Name of the variable that carries the token. */
export const TOKEN_VARIABLE = 'MILESTONE_RUN';

/** A token that no other attempt has, of whatever executor. */
export function newToken(): string {
  return `${tokenOfExecutor()}-${++count}`;
}

/** The part that all tokens of this process have in common, and no other process's. */
export function tokenOfExecutor(): string {
  executor ??= crypto.randomUUID();
  return executor;
}

// Drawn once: drawing is slow and takes memory, which every spawn then pays for.
let executor: string | undefined;
let count = 0;

/** The token of one part of an attempt; whoever looks for `token` finds it too. */
export function tokenOfPart(token: string, part: string): string {
  return `${token}.${part}`;
}

/** Which of `tokens`, those of attempts and of whole executors, a process belongs to that carries `carried`. */
export function matchToken(carried: string, tokens: ReadonlySet<string>): string | undefined {
  for (let end = carried.length; end > 0; end = carried.lastIndexOf('.', end - 1)) {
    const token = carried.slice(0, end);
    if (tokens.has(token)) return token;
  }
  const [attempt = ''] = carried.split('.', 1);
  const executor = attempt.slice(0, Math.max(0, attempt.lastIndexOf('-')));
  return tokens.has(executor) ? executor : undefined;
}
