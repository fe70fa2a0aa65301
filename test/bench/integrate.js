// From a task's claim to its commit on the milestone's branch, beside git's own commands for the same.

import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {cleanEnv, graph, inFolder, inTurn, MILESTONE, median, timeNode, writePlan} from './measure.js';

const FILES = 10_000;
const TASKS = 6;

/** One changed file per task, in a repository of 10,000. */
export function integrate(rounds = 3) {
  return inFolder(async folder => {
    const template = makeRepository(path.join(folder, 'template'));
    const ms = await inTurn(rounds, {
      git: () => inCopy(template, folder, byHand),
      milestone: () => inCopy(template, folder, byMilestone),
    });
    const what = 'commit and integration of a task / `git add -A && git commit`, `git merge --no-ff` (10,000 files)';
    return [{what, value: ms.milestone / ms.git, atMost: 0.5}];
  });
}

function makeRepository(folder) {
  for (let n = 0; n < FILES; n++) {
    const file = path.join(folder, `d${n % 100}`, `f${n}.txt`);
    if (n < 100) fs.mkdirSync(path.dirname(file), {recursive: true});
    fs.writeFileSync(file, `file ${n}\n`);
  }
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    ['commit', '-q', '-m', 'First commit'],
  ])
    git(folder, ...args);
  return folder;
}

async function inCopy(template, folder, work) {
  const copy = path.join(folder, 'copy');
  execFileSync('cp', ['-pR', template, copy]);
  git(copy, 'status'); // the copied files have new inodes: let git look at them once, untimed
  try {
    return await work(copy);
  } finally {
    for (const name of [copy, `${copy}-worktree`, `${copy}-state`]) fs.rmSync(name, {recursive: true, force: true});
  }
}

/** Median over the tasks of: add and commit in a worktree, merge in the checkout. */
function byHand(folder) {
  const worktree = `${folder}-worktree`;
  git(folder, 'worktree', 'add', '-q', '--detach', worktree);
  return median(Array.from({length: TASKS}, (_, task) => oneByHand(folder, worktree, task)));
}

function oneByHand(folder, worktree, task) {
  git(worktree, 'checkout', '-q', '-B', `task-${task}`, 'main');
  fs.writeFileSync(path.join(worktree, `new-${task}.txt`), 'new\n');
  const begun = performance.now();
  git(worktree, 'add', '-A');
  git(worktree, 'commit', '-q', '-m', `task ${task}`);
  git(folder, 'merge', '-q', '--no-ff', '-m', `merge ${task}`, `task-${task}`);
  return performance.now() - begun;
}

/** Median over the tasks, the first left out (its slot is new), of the time between claim and completion in the log. */
async function byMilestone(folder) {
  const chain = graph(TASKS + 1, 'flat').map(({id}, index, all) => ({
    id,
    dependencies: index > 0 ? [all[index - 1].id] : [],
  }));
  writePlan(folder, chain, {run: index => `echo new > new-${index}.txt`, settings: {max_parallel: 1}});
  await timeNode([MILESTONE, 'execute', 'bench'], {cwd: folder});
  const lines = fs.readFileSync(path.join(folder, '.milestones/logs/execution-bench.jsonl'), 'utf8').trim().split('\n');
  const at = {};
  for (const {event, timestamp, details} of lines.map(line => JSON.parse(line))) {
    if (details.task_id) at[`${event} ${details.task_id}`] = Date.parse(timestamp);
  }
  return median(chain.slice(1).map(({id}) => at[`task_completed ${id}`] - at[`task_claimed ${id}`]));
}

function git(folder, ...args) {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'gc.auto=0'];
  return execFileSync('git', [...who, ...args], {cwd: folder, env: cleanEnv(folder), stdio: 'pipe'});
}
