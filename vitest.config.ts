import {defineConfig} from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They install hundreds of megabytes: `npm run test:agents`.
    exclude: ['test/agents-real/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Tests that run side by side start real processes.
    maxConcurrency: 2,
  },
});
