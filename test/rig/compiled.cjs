// Preloaded into the command under test (`node --require`), from the folder into which `compile-once.ts` copies it: what
// the command consists of is found there as V8 has compiled it once, and not compiled anew by each of a thousand starts.
//
//   KEEP_COMPILED   what this run compiles is written there: `at-once`, or `at-the-end`, with all that was called
//
// V8 takes it only under the flags under which it was written, and the command sets some when it executes: what was
// loaded before is written before. For there is no way back from them, `at-the-end` leaves them out.
'use strict';
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');

const DIST = path.join(path.dirname(process.argv[1] ?? ''), '..', 'dist') + path.sep;
const {KEEP_COMPILED: keeps} = process.env;
delete process.env.KEEP_COMPILED;
const compile = Module.prototype._compile;
const setFlags = v8.setFlagsFromString;
let flags = '';
let unwritten = [];

v8.setFlagsFromString = flag => {
  if (keeps === 'at-the-end') return;
  write();
  flags += flag;
  setFlags(flag);
};
process.once('exit', write);

Module.prototype._compile = function (text, filename, ...rest) {
  if (!filename.startsWith(DIST)) return compile.call(this, text, filename, ...rest);
  const file = path.join(__dirname, `${path.basename(filename)}-${fs.statSync(filename).mtimeMs}${flags}`);
  const cachedData = fs.existsSync(file) ? fs.readFileSync(file) : undefined;
  const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const script = new vm.Script(Module.wrap(text), {filename, cachedData, importModuleDynamically});
  if (keeps) unwritten.push({file, script});
  const require = Module.createRequire(filename);
  script.runInThisContext().call(this.exports, this.exports, require, this, filename, path.dirname(filename));
};

function write() {
  for (const {file, script} of unwritten) fs.writeFileSync(file, script.createCachedData());
  unwritten = [];
}
