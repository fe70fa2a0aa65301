// Preloaded into the program under test (`node --require`): its wall clock is wrong, and goes backwards.
//
//   CLOCK_SHIFT  milliseconds that every reading is off
//   CLOCK_DRIFT  milliseconds that are added with each reading
//
// It acts in bin/milestone.js alone; programs that the tests start under it keep the right time.
'use strict';

const {CLOCK_SHIFT = '0', CLOCK_DRIFT = '0'} = process.env;
if (/(^|\/)bin\/milestone(\.js)?$/.test(process.argv[1] ?? '')) {
  const now = Date.now;
  let shift = Number(CLOCK_SHIFT);
  Date.now = () => {
    shift += Number(CLOCK_DRIFT);
    return now() + shift;
  };
}
