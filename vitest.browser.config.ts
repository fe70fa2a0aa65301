import {defineConfig} from 'vitest/config';

// The pages in Chromium, Debian's package: `npm run test:browser`.
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    // They end what hangs and expect nothing of the machine.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    pool: 'forks',
    // A browser takes as much as all else.
    maxWorkers: 1,
  },
});
