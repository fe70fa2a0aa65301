// A process that keeps the machine awake until it is ended from outside.

import {KeepAwake} from '../../../src/platform/processes/keep-awake.ts';

const clock = {now: () => 0, elapsed: () => 0, sleep: async () => undefined, alarm: () => () => {}};
new KeepAwake({clock, env: {}, platform: 'linux'}).update(true);
setInterval(() => undefined, 1_000_000);
