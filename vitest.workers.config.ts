import {defineConfig} from 'vitest/config';

// Workers with the real engine: PostgreSQL of Debian's packages, on loopback, and Node 22: `npm run test:workers`.
export default defineConfig({
  test: {
    include: ['test/workers/**/*.test.ts'],
    globalSetup: ['test/workers/setup.ts'],
    // They end what hangs and expect nothing of the machine.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    pool: 'forks',
    // Most of the time is spent waiting for leases and heartbeats.
    maxWorkers: 4,
  },
});
