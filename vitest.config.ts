import {availableParallelism} from 'node:os';
import {defineConfig} from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They install hundreds of megabytes: `npm run test:agents`.
    exclude: ['test/agents-real/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Most of the time is spent waiting for real processes, also on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    maxConcurrency: 4,
  },
});
