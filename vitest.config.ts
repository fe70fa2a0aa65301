import {availableParallelism} from 'node:os';
import {defineConfig} from 'vitest/config';
import {BaseSequencer, type TestSpecification} from 'vitest/node';
import {temporaryFolder} from './test/rig/temporary-folder.ts';

/** They wait for seconds, which costs nothing while others work, and much at the end of a run. */
const WAITING = ['drivers/killed-executor.test.ts', 'cli/tell.test.ts'];

class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const waits = ({moduleId}: TestSpecification) => WAITING.some(name => moduleId.endsWith(name));
    return [...sorted.filter(waits), ...sorted.filter(file => !waits(file))];
  }
}

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
    sequence: {sequencer: WaitingFirst},
    // Some of the time is spent waiting for real processes, also on two cores.
    maxWorkers: availableParallelism() + 1,
    maxConcurrency: 4,
  },
});
