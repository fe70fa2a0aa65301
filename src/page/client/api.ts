// What the page asks the server that it came from.

import {useContext, useEffect, useRef, useState} from 'preact/hooks';
import {GivenAnswers} from '../given.ts';

export interface Answer<T> {
  value?: T;
  failure?: string;
}

/** @throws {Error} with what the server says. */
export async function ask<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(path, body && {method: 'POST', body: JSON.stringify(body)}).catch(() => {
    throw new Error('the server cannot be reached; `milestone web` starts it');
  });
  const answer = (await response.json()) as T & {error?: {message: string; hint?: string}};
  if (!response.ok) throw new Error([answer.error?.message, answer.error?.hint].filter(Boolean).join('; '));
  return answer;
}

/** The token of the address, which does not stay there. */
export function takeToken(): string {
  const token = location.hash.slice(1);
  if (token !== '') history.replaceState(null, '', location.pathname + location.search);
  return token;
}

/** Show the token, if there is one. */
export async function openSession(token: string): Promise<{decide: boolean}> {
  // Who has the cookie already needs none.
  if (token !== '') await ask('/api/session', {token}).catch(() => {});
  return ask<{decide: boolean}>('/api/session');
}

/** An answer, and again whenever `version` is another one; never two questions at a time. */
export function useAnswer<T>(path: string, version: number): Answer<T> {
  const given = useContext(GivenAnswers)[path] as T | undefined;
  const [answer, setAnswer] = useState<Answer<T>>(given ? {value: given} : {});
  const busy = useRef(false);
  const wanted = useRef(given && {path, version});
  useEffect(() => {
    if (wanted.current?.path === path && wanted.current.version === version) return;
    wanted.current = {path, version};
    if (busy.current) return;
    busy.current = true;
    const fetchOnce = async (): Promise<void> => {
      const asked = wanted.current as {path: string};
      const failed = (error: Error) => setAnswer(({value}) => ({...(value && {value}), failure: error.message}));
      await ask<T>(asked.path).then(value => setAnswer({value}), failed);
      if (wanted.current !== asked) return fetchOnce();
      busy.current = false;
    };
    void fetchOnce();
  }, [path, version]);
  return answer;
}
