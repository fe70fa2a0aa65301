// Who may ask for what. Other programs and other pages of this machine reach the port, too:
//
//   W1. Only under the names of this machine's own loopback (a foreign name that leads here is refused).
//   W2. Nothing is told without the cookie, which is had for the token alone; pages of other origins do not get it sent.
//   W3. What changes something comes from our own pages, whatever cookies come with it.
//   W4. Pages run our script and nothing else, ask nobody else, and are shown inside no other page.

import {randomBytes, timingSafeEqual} from 'node:crypto';
import type {Context, MiddlewareHandler} from 'hono';
import {getCookie, setCookie} from 'hono/cookie';

/** Long enough that nobody guesses it. */
const SECRET_BYTES = 32;

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types layout',
].join('; ');

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** Headers of every answer, and no answer at all under a foreign name or to a foreign page. */
export function refuseForeign(): MiddlewareHandler {
  return async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    const host = context.req.header('host') ?? '';
    const origin = context.req.header('origin');
    if (!/^(?:127\.0\.0\.1|localhost):\d+$/.test(host) || Number(host.split(':')[1]) !== portOf(context))
      return refuse(context, 403, 'FOREIGN_HOST', 'this is not for pages and programs of other hosts');
    const isChange = context.req.method !== 'GET' && context.req.method !== 'HEAD';
    if (origin === undefined ? isChange : origin !== `http://${host}`)
      return refuse(context, 403, 'FOREIGN_ORIGIN', 'this is not for pages of other origins');
    return next();
  };
}

/** Who shows the token gets the cookie; nobody else is told anything. */
export class Session {
  readonly #cookie = newSecret();

  constructor(readonly token: string) {}

  /** @returns False for a token that is none of ours. */
  open(context: Context, token: unknown): boolean {
    if (typeof token !== 'string' || !isSame(token, this.token)) return false;
    setCookie(context, nameOf(context), this.#cookie, {httpOnly: true, sameSite: 'Strict', path: '/'});
    return true;
  }

  isOpen(context: Context): boolean {
    return isSame(getCookie(context, nameOf(context)) ?? '', this.#cookie);
  }

  require(): MiddlewareHandler {
    return (context, next) =>
      this.isOpen(context)
        ? next()
        : Promise.resolve(refuse(context, 401, 'NO_SESSION', 'open the address that `milestone web` has printed'));
  }
}

export function refuse(context: Context, status: 400 | 401 | 403 | 404, code: string, message: string): Response {
  return context.json({ok: false, error: {code, message}}, status);
}

/** Ports of one host share their cookies. */
function nameOf(context: Context): string {
  return `milestone-${portOf(context)}`;
}

function portOf({env}: Context): number | undefined {
  return (env as {incoming: {socket: {localPort?: number}}}).incoming.socket.localPort;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
