// Files run one after the other in one process: what a test changes for all of it is put back, or the file fails that
// left it behind.

import {afterAll, afterEach, vi} from 'vitest';

const cwd = process.cwd();
const env = {...process.env};

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.useRealTimers();
  const left = new Set(
    [...Object.keys(env), ...Object.keys(process.env)].filter(name => env[name] !== process.env[name]),
  );
  for (const name of left) {
    if (env[name] === undefined) delete process.env[name];
    else process.env[name] = env[name];
  }
  const moved = process.cwd();
  process.chdir(cwd);
  if (left.size > 0)
    throw new Error(`the file leaves these variables of the environment changed: ${[...left].join(', ')}`);
  if (moved !== cwd) throw new Error(`the file leaves the process in ${moved}`);
});
