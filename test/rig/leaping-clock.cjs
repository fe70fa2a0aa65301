// Preloaded into the program under test (`node --require`): its clocks leap forward when the test says so, and timers of
// a minute and more ring that were due meanwhile. So a limit of an hour is reached at once, and never before its time.
//
//   LEAP_WHEN  file whose appearance is the leap
//   LEAP_MS    how far, in milliseconds
//
// It acts in bin/milestone.js alone; programs that the tests start under it keep the right time.
'use strict';

const fs = require('node:fs');

/** Shorter timers are left alone: what rests for seconds is meant to pass. */
const SHORTEST_MS = 60_000;

if (/(^|\/)bin\/milestone(\.js)?$/.test(process.argv[1] ?? '')) {
  const {LEAP_WHEN, LEAP_MS} = process.env;
  const {setTimeout, clearTimeout, setInterval, clearInterval} = globalThis;
  const now = Date.now;
  const elapsed = performance.now.bind(performance);
  const waiting = new Map();
  let leapt = 0;

  Date.now = () => now() + leapt;
  performance.now = () => elapsed() + leapt;
  globalThis.setTimeout = (ring, ms, ...rest) => {
    const timer = setTimeout(
      (...given) => {
        waiting.delete(timer);
        ring(...given);
      },
      ms,
      ...rest,
    );
    if (ms >= SHORTEST_MS && leapt === 0) waiting.set(timer, {ring: () => ring(...rest), ms});
    return timer;
  };
  globalThis.clearTimeout = timer => {
    waiting.delete(timer);
    clearTimeout(timer);
  };
  const look = setInterval(() => {
    if (!fs.existsSync(LEAP_WHEN)) return;
    clearInterval(look);
    leapt = Number(LEAP_MS);
    for (const [timer, {ring, ms}] of waiting) {
      if (ms > leapt) continue;
      clearTimeout(timer);
      ring();
    }
    waiting.clear();
  }, 5);
  look.unref();
}
