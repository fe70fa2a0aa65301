import {defineConfig} from 'vitest/config';
import {temporaryFolder} from './test/rig/temporary-folder.ts';

// A fault of each kind at every call: `npm run test:faults`. `npm test` brings a few of them about.
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    env: {TMPDIR: temporaryFolder(), FAULT_POINTS: process.env.FAULT_POINTS ?? 'all'},
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxConcurrency: 4,
  },
});
