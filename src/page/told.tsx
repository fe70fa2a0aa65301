import {shownLines} from './text.ts';

/** A message of the program's own: what stands between backticks is a name. */
export function Told({text}: {text: string}) {
  return shownLines(text)
    .split('`')
    .map((part, place) => (place % 2 === 1 ? <code key={String(place)}>{part}</code> : part));
}
