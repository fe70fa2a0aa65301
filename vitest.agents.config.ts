import {defineConfig} from 'vitest/config';

// The real coding agents against a scripted model server: `npm run test:agents`.
export default defineConfig({
  test: {
    include: ['test/agents-real/**/*.test.ts'],
    globalSetup: ['test/agents-real/install-agents.ts'],
    // They end what hangs and expect nothing of the machine.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    pool: 'forks',
    // Each test starts an agent of several hundred megabytes.
    maxWorkers: 2,
  },
});
