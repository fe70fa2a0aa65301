// No limit of a test depends on the speed of the machine: there is one for waiting, and it ends only what hangs.

import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import agents from '../../vitest.agents.config.ts';
import suite from '../../vitest.config.ts';
import {DEADLINE_MS} from './deadline.ts';

const TESTS = fileURLToPath(new URL('..', import.meta.url));

/** Ways to give a test, a hook or a wait a limit of its own. */
const OWN_LIMITS = [/\bvi\.wait(For|Until)\b/, /\bexpect\.poll\b/, /^\s*\},\s*\d[\d_]*\);?$/m, /\{timeout: \d[\d_]*\}/];

test('who waits has the one limit, which speaks before the runner ends the test', () => {
  const files = fs.readdirSync(TESTS, {recursive: true, encoding: 'utf8'}).filter(name => name.endsWith('.ts'));
  const withOwn = files.filter(name => {
    const text = fs.readFileSync(path.join(TESTS, name), 'utf8');
    return name !== 'rig/limits.test.ts' && OWN_LIMITS.some(pattern => pattern.test(text));
  });
  expect(files.length).toBeGreaterThan(100);
  expect(withOwn).toEqual([]);
  for (const {test: limits} of [suite, agents] as Array<{test: {testTimeout: number; hookTimeout: number}}>) {
    expect(limits.testTimeout).toBeGreaterThan(DEADLINE_MS);
    expect(limits.hookTimeout).toBeGreaterThan(DEADLINE_MS);
  }
});
