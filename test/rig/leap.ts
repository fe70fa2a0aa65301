import {fileURLToPath} from 'node:url';

const CLOCK = fileURLToPath(new URL('leaping-clock.cjs', import.meta.url));

/** Environment in which an hour has passed for `milestone` as soon as `file` is there. */
export function anHourPassesWith(file: string): Record<string, string> {
  return {NODE_OPTIONS: `--require ${CLOCK}`, LEAP_WHEN: file, LEAP_MS: '3600000'};
}
