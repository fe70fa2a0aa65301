#!/usr/bin/env node
// What must be quick is answered before anything else is loaded; CommonJS, because that loads in half the time.
'use strict';

const [, , first, ...words] = process.argv;

if (first === '--version' || first === '-V') {
  process.stdout.write(`${require('../package.json').version}\n`);
} else if (first === 'status' && isPlain(words)) {
  require('../dist/quick-status.cjs').quickStatus(words);
} else if (first === '__read-plan') {
  require('../dist/read-plan.cjs').readPlan(words);
} else {
  if (first === 'execute' || first === 'resume') require('../dist/start-reader.cjs').startAhead(process.argv.slice(2));
  // A reader that goes away (`| head -1`) or a terminal that closes must not end an execution.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  import('../dist/main.js');
}

/** Nothing but an id and `--json`: no parser of command lines is needed. */
function isPlain(words) {
  const others = words.filter(word => word !== '--json');
  return others.length <= 1 && !others.some(word => word.startsWith('-'));
}
