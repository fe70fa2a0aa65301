// Stands in for a coding agent: reads its prompt, then does what its script says, step by step. Installed by
// fake-agents.ts under the name of each agent.
//
//   fake-agent.cjs <agent> <folder> <arguments of the agent …>
//
// `folder` holds the scripts; `folder/runs/<n>.json` tells of the n-th run.

const {execFileSync, spawn} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {setTimeout: pause} = require('node:timers/promises');

const [agent, folder, ...argv] = process.argv.slice(2);

main();

async function main() {
  const number = begin();
  const run = {number, pid: process.pid, argv, cwd: process.cwd(), env: process.env, conversation: conversationOf()};
  record(number, run);
  record(number, {...run, stdin: fs.readFileSync(0, 'utf8')});
  for (const step of readScript(number)) await take(step, run.conversation);
}

/** Takes the next number; two runs never share one. */
function begin() {
  fs.mkdirSync(path.join(folder, 'runs'), {recursive: true});
  for (let number = 1; ; number++) {
    try {
      fs.closeSync(fs.openSync(path.join(folder, 'runs', `${number}.json`), 'wx'));
      return number;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
}

function record(number, run) {
  const temporary = path.join(folder, `${process.pid}.tmp`);
  fs.writeFileSync(temporary, JSON.stringify(run));
  fs.renameSync(temporary, path.join(folder, 'runs', `${number}.json`));
}

/** Of the task and attempt, of the task, of the number of the run, or the one for all that have no other. */
function readScript(number) {
  const {MILESTONE_TASK: task, MILESTONE_ATTEMPT: attempt} = process.env;
  const names = [`${task}.${attempt}`, task, String(number), 'default'];
  const file = names.map(name => path.join(folder, `${name}.json`)).find(name => fs.existsSync(name));
  if (file) return JSON.parse(fs.readFileSync(file, 'utf8'));
  return [{stderr: `error: no script for run ${number} of ${agent} (task ${task}, attempt ${attempt})\n`}, {exit: 97}];
}

/** The conversation that the arguments name, else a new one. */
function conversationOf() {
  const option = ['--session-id', '--resume', 'resume', '--session'].find(name => argv.includes(name));
  const given = option && argv[argv.indexOf(option) + 1];
  return (
    given ??
    (agent === 'opencode' ? `ses_${process.pid}` : `01a206fb-0000-7000-8000-${String(process.pid).padStart(12, '0')}`)
  );
}

async function take(step, conversation) {
  if (step.print !== undefined) print(JSON.stringify(step.print).replaceAll('$CONVERSATION', conversation), '\n');
  if (step.raw !== undefined) print(step.raw);
  if (step.large !== undefined) print(step.large.head, 'x'.repeat(step.large.bytes), step.large.tail, '\n');
  if (step.stderr !== undefined) fs.writeSync(2, step.stderr);
  if (step.write !== undefined)
    for (const [name, text] of Object.entries(step.write)) {
      fs.mkdirSync(path.dirname(path.resolve(name)), {recursive: true});
      fs.writeFileSync(name, text);
    }
  if (step.run !== undefined) execFileSync('/bin/sh', ['-c', step.run], {stdio: ['ignore', 2, 2]});
  // In a session of its own, as agents start their tools.
  if (step.orphan !== undefined) await startOrphan(step.orphan);
  if (step.ignore !== undefined) for (const signal of step.ignore) process.on(signal, () => {});
  if (step.waitFor !== undefined) while (!fs.existsSync(step.waitFor)) await pause(2);
  if (step.hold) await new Promise(() => setInterval(() => {}, 1 << 30));
  if (step.exit !== undefined) process.exit(step.exit);
  if (step.kill !== undefined) process.kill(process.pid, step.kill);
}

function startOrphan(command) {
  const child = spawn('/bin/sh', ['-c', command], {detached: true, stdio: 'ignore'});
  child.unref();
  return new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
}

function print(...texts) {
  for (const text of texts) {
    const data = Buffer.from(text);
    for (let written = 0; written < data.length; ) written += fs.writeSync(1, data, written);
  }
}
