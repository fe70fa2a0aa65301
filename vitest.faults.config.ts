import {defineConfig} from 'vitest/config';

// A fault of each kind at every call: `npm run test:faults`. `npm test` brings a few of them about.
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    env: {FAULT_POINTS: process.env.FAULT_POINTS ?? 'all'},
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxConcurrency: 4,
  },
});
