// Preloaded into the program under test (`node --require`): its disks are as full as a file says.
//
//   DISK_USED_FILE  holds the share that is used, such as 0.95; as long as it is not there the disks are as they are
//
// What the program starts (tasks, git, the program itself) never sees it.
'use strict';
const fs = require('node:fs');
const {syncBuiltinESMExports} = require('node:module');
const {isMainThread} = require('node:worker_threads');

const file = process.env.DISK_USED_FILE;
delete process.env.DISK_USED_FILE;
delete process.env.NODE_OPTIONS;

if (file !== undefined && isMainThread) {
  const statfsSync = fs.statfsSync;
  fs.statfsSync = (...args) => {
    const real = statfsSync(...args);
    if (!fs.existsSync(file)) return real;
    const left = Math.round(1_000_000 * (1 - Number(fs.readFileSync(file, 'utf8'))));
    return {...real, blocks: 1_000_000, bfree: left, bavail: left};
  };
  syncBuiltinESMExports();
}
