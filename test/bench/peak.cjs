// Preloaded: writes the process's peak of resident memory to PEAK_FOLDER when it exits.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const folder = process.env.PEAK_FOLDER;
if (folder)
  process.once('exit', () => fs.writeFileSync(path.join(folder, String(process.pid)), JSON.stringify(peak())));

/** VmHWM where there is one: unlike ru_maxrss it does not begin with the size of the process that forked. */
function peak() {
  const file = '/proc/self/status';
  const high = fs.existsSync(file) && /^VmHWM:\s+(\d+) kB/m.exec(fs.readFileSync(file, 'utf8'));
  return {parent: process.ppid, kib: high ? Number(high[1]) : process.resourceUsage().maxRSS};
}
