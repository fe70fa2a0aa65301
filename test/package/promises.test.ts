// docs/promises.md says which test shows what the README promises.

import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string) => fs.readFileSync(path.join(root, name), 'utf8');
/** As one line, however it is broken into several. */
const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

/** Sentences of the README with the tests that show them. */
const promises = read('docs/promises.md')
  .split(/^> /m)
  .slice(1)
  .map(text => {
    const [sentence, ...rest] = text.split('\n');
    const shown = rest.flatMap(line =>
      [...line.matchAll(/^- (\S+): (.+)$/g)].map(([, file, title]) => ({file, title})),
    );
    return {sentence: sentence as string, shown: shown as Array<{file: string; title: string}>};
  });

test('every sentence of the list stands in the README, and none twice', () => {
  const readme = flat(read('README.md'));
  expect(promises.filter(({sentence}) => !readme.includes(sentence))).toEqual([]);
  expect(new Set(promises.map(({sentence}) => sentence)).size).toBe(promises.length);
});

test('all that one can rely on is in the list', () => {
  const section = read('README.md').split('\n## What you can rely on\n')[1]?.split('\n## ')[0] ?? '';
  const bullets = section
    .split(/^- /m)
    .slice(1)
    .map(text => flat(text.split('\n\n')[0] as string));
  expect(bullets.length).toBeGreaterThan(4);
  const listed = promises.map(({sentence}) => sentence);
  expect(bullets.filter(bullet => !listed.includes(bullet))).toEqual([]);
});

test('every promise has a test, and every test that is named exists', () => {
  expect(promises.filter(({shown}) => shown.length === 0)).toEqual([]);
  const missing = promises.flatMap(({shown}) => shown.filter(({file, title}) => !titlesIn(file).includes(title)));
  expect(missing).toEqual([]);
});

/** Titles of the tests of a file, as they are written. */
function titlesIn(file: string): string[] {
  if (!fs.existsSync(path.join(root, file))) return [];
  return [...read(file).matchAll(/(?<=[\s(])(['"`])((?:(?!\1).)+)\1,/g)].map(([, , title]) => title as string);
}
