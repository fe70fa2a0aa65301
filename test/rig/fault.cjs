// Preloaded into the program under test (`node --require`): counts its effects on the world, the calls that write
// files or start processes, and at the Nth one kills the program or makes the call fail.
//
//   FAULT_AT          number of the effect, counting from 1; 0 only counts
//   FAULT_KIND        kill-before, kill-after, kill-half (of the bytes of the first write from there on),
//                     or fail:<code>, such as fail:ENOSPC (the first call from there on that can fail so)
//   FAULT_STICKY      with fail: every such call from there on fails, as on a disk that stays full
//   FAULT_COUNT_FILE  gets a line per effect: its number, its name and what it is about
//
// It acts in bin/milestone.js alone. What that starts (tasks, git, the program itself) never sees it.
'use strict';
const childProcess = require('node:child_process');
const fs = require('node:fs');
const {syncBuiltinESMExports} = require('node:module');
const {promisify} = require('node:util');
const {isMainThread} = require('node:worker_threads');

const {FAULT_AT, FAULT_KIND = 'kill-before', FAULT_STICKY, FAULT_COUNT_FILE} = process.env;
for (const name of Object.keys(process.env)) {
  if (name.startsWith('FAULT_') || name === 'NODE_OPTIONS') delete process.env[name];
}

/** Calls that change the world, and what a full disk does to them: `grows` fails, the rest still works. */
const WRITES = ['write', 'writev', 'writeFile', 'appendFile', 'truncate', 'ftruncate', 'copyFile', 'cp'];
const GROWS = [
  ...WRITES,
  'open',
  'mkdir',
  'mkdtemp',
  'rename',
  'link',
  'symlink',
  'fsync',
  'fdatasync',
  'sync',
  'datasync',
];
const EFFECTS = [...GROWS, 'unlink', 'rm', 'rmdir', 'chmod', 'fchmod', 'utimes', 'futimes'];
const STARTS = ['spawn', 'spawnSync', 'execFile', 'execFileSync', 'exec', 'execSync', 'fork'];
const ERRNO = {ENOSPC: -28, EIO: -5, EROFS: -30, ENOENT: -2};

const original = {writeSync: fs.writeSync, openSync: fs.openSync};
const pathOfFd = new Map();
let counted = 0;
let done = false;
let inside = 0; // a call that is made by a counted one is part of it
let countFd;

if (FAULT_AT !== undefined && isMainThread && /(^|\/)bin\/milestone(\.js)?$/.test(process.argv[1] ?? '')) install();

function install() {
  if (FAULT_COUNT_FILE) countFd = original.openSync(FAULT_COUNT_FILE, 'a');
  for (const name of EFFECTS) {
    replace(fs, `${name}Sync`, actSync);
    replace(fs, name, actLater);
    replace(fs.promises, name, actLater);
  }
  for (const name of STARTS) replace(childProcess, name, actSync);
  const open = fs.promises.open;
  fs.promises.open = async function (...args) {
    const handle = await open.apply(this, args);
    patchFileHandles(Object.getPrototypeOf(handle));
    return handle;
  };
  syncBuiltinESMExports();
}

/** Put a function in the place of another, with its properties: util.promisify looks for one of them. */
function replace(owner, name, act) {
  const call = owner[name];
  if (typeof call !== 'function') return;
  const properties = Object.getOwnPropertyDescriptors(call);
  const promising = properties[promisify.custom];
  if (promising) promising.value = around(promising.value, actLater, name);
  owner[name] = Object.defineProperties(around(call, act, name), properties);
}

function around(call, act, name) {
  return function (...args) {
    return act(call.bind(this), name, args);
  };
}

function actSync(call, name, args) {
  const effect = effectOf(name);
  if (inside > 0 || !isEffect(effect, args)) return remember(effect, args, call(...args));
  before(effect, name, args, () => call(...half(args)));
  inside++;
  try {
    return remember(effect, args, call(...args));
  } finally {
    inside--;
    after();
  }
}

/** Callbacks and promises: the fault comes before the call is made, or once it is known to be done. */
function actLater(call, name, args) {
  if (inside > 0 || !isEffect(effectOf(name), args)) return call(...args);
  const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined;
  try {
    before(effectOf(name), name, args, () => {});
  } catch (error) {
    return callback ? process.nextTick(callback, error) : Promise.reject(error);
  }
  if (!callback) return Promise.resolve(call(...args)).finally(after);
  return call(...args, (...results) => {
    after();
    callback(...results);
  });
}

function effectOf(name) {
  return STARTS.includes(name) ? 'start' : name.replace(/Sync$/, '');
}

let handlesPatched = false;
function patchFileHandles(prototype) {
  if (handlesPatched) return;
  handlesPatched = true;
  for (const name of ['write', 'writev', 'writeFile', 'appendFile', 'truncate', 'sync', 'datasync', 'chmod']) {
    replace(prototype, name, actLater);
  }
}

/** An open counts when it may create or cut a file; reads change nothing. */
function isEffect(effect, args) {
  if (effect === 'open') {
    const flags = args[1] ?? 'r';
    if (typeof flags === 'string') return flags !== 'r' && flags !== 'rs';
    return (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT)) !== 0;
  }
  // What goes to the terminal or to whoever reads the answer is not stored.
  return !(effect === 'write' && (args[0] === 1 || args[0] === 2));
}

function before(effect, name, args, writeHalf) {
  counted++;
  if (countFd !== undefined) original.writeSync(countFd, `${counted} ${name} ${describe(args)}\n`);
  const at = Number(FAULT_AT);
  if (at === 0 || counted < at) return;
  if (FAULT_KIND === 'kill-before' && counted === at) die();
  if (FAULT_KIND === 'kill-half' && effect === 'write') {
    writeHalf();
    die();
  }
  if (FAULT_KIND.startsWith('fail:') && (!done || FAULT_STICKY)) fail(effect, name, args, FAULT_KIND.slice(5));
}

function after() {
  if (FAULT_KIND === 'kill-after' && Number(FAULT_AT) > 0 && counted >= Number(FAULT_AT)) die();
}

function fail(effect, name, args, code) {
  if (!(code === 'EROFS' ? EFFECTS : GROWS).includes(effect)) return;
  // Asked for a folder and those above it, node says on a read-only file system that it was not found.
  const isDeep = code === 'EROFS' && effect === 'mkdir' && args[1]?.recursive;
  if (isDeep && fs.existsSync(args[0])) return;
  done = true;
  const said = isDeep ? 'ENOENT' : code;
  const syscall = name.replace(/Sync$/, '');
  const about = effect !== 'write' && typeof args[0] === 'string' ? ` '${args[0]}'` : '';
  const error = new Error(`${said}: injected fault, ${syscall}${about}`);
  throw Object.assign(error, {errno: ERRNO[said], code: said, syscall, ...(about && {path: args[0]})});
}

/** Arguments of fs.writeSync with half of the bytes. */
function half(args) {
  const [fd, data, offset, length, position] = args;
  if (typeof data === 'string') return [fd, Buffer.from(data).subarray(0, Math.floor(Buffer.byteLength(data) / 2))];
  const start = typeof offset === 'number' ? offset : 0;
  const whole = typeof length === 'number' ? length : data.byteLength - start;
  return [fd, data, start, Math.floor(whole / 2), position ?? null];
}

function remember(effect, args, result) {
  if (effect === 'open') pathOfFd.set(result, String(args[0]));
  return result;
}

function describe(args) {
  const words = args.slice(0, 2).flatMap(arg => {
    if (typeof arg === 'string') return [arg.split('\n')[0].slice(0, 200)];
    if (typeof arg === 'number') return [pathOfFd.get(arg) ?? `fd ${arg}`];
    return Array.isArray(arg) ? [arg.join(' ').split('\n')[0].slice(0, 200)] : [];
  });
  return words.join(' ');
}

function die() {
  process.kill(process.pid, 'SIGKILL');
}
