import {expect, test} from 'vitest';
import {hasPipe} from '../../src/doctor/setup-problems.ts';

test.each(['a | b', 'a|b', 'a |& b', 'x || y | z', '(a) 2>&1 |\n tee log', `echo '|' | cat`, 'echo "\\"" | cat'])(
  '`%s` has a pipe',
  command => {
    expect(hasPipe(command)).toBe(true);
  },
);

test.each([
  'a || b',
  `grep 'a|b' x`,
  'grep "a|b \\" | " x',
  'echo a \\| b',
  'make # | tee',
  'echo x >| y',
  'set -o pipefail; a | b',
  'case $x in a|b) echo;; esac',
])('`%s` has none that anybody would have to be told of', command => {
  expect(hasPipe(command)).toBe(false);
});
