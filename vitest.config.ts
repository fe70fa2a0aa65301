import {availableParallelism} from 'node:os';
import {defineConfig} from 'vitest/config';
import {temporaryFolder} from './test/rig/temporary-folder.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They install hundreds of megabytes, or need a browser or a database: `npm run test:agents`, `test:browser`, `test:workers`.
    exclude: ['test/agents-real/**', 'test/browser/**', 'test/workers/**'],
    // They end what hangs and expect nothing of the machine; whoever waits has a shorter limit (`test/rig/deadline.ts`).
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    teardownTimeout: 1_200_000,
    env: {TMPDIR: temporaryFolder()},
    pool: 'forks',
    // What a file loads the next one finds loaded; what a test changes for the whole process is put back.
    isolate: false,
    setupFiles: ['test/rig/put-back.ts'],
    // Most of the time is spent waiting for real processes, also on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    maxConcurrency: 4,
  },
});
