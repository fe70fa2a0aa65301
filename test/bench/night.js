// What a night is made of: tasks that take a while, in worktrees, four at a time.

import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {cleanEnv, graph, inFolder, inTurn, MILESTONE, timeNode, writePlan} from './measure.js';

const PLAIN_SCRIPT = fileURLToPath(new URL('plain-script.sh', import.meta.url));
const PLACES = 4;
const WORK_S = 0.2;
const TASKS = 40;
const CHECKED_TASKS = 24;
const CHECK_S = 1;

/** Tasks in worktrees of two sizes beside a plain script of git, and tasks with a check beside the ideal. */
export function night(rounds = 2) {
  return inFolder(async folder => {
    const [bare, small, large] = [1, 200, 10_000].map(files => makeRepository(path.join(folder, String(files)), files));
    const checked = {verify: `sleep ${CHECK_S}`};
    const ms = await inTurn(rounds, {
      smallScript: () => inCopy(small, folder, byScript),
      small: () => inCopy(small, folder, copy => byMilestone(copy, TASKS)),
      largeScript: () => inCopy(large, folder, byScript),
      large: () => inCopy(large, folder, copy => byMilestone(copy, TASKS)),
      checked: () => inCopy(bare, folder, copy => byMilestone(copy, CHECKED_TASKS, checked)),
      checkedSmall: () => inCopy(small, folder, copy => byMilestone(copy, CHECKED_TASKS, checked)),
    });
    const ideal = (CHECKED_TASKS * (WORK_S + CHECK_S) * 1000) / PLACES;
    return [
      {
        what: `${TASKS} tasks of 0.2 s in worktrees of 200 files / plain script of git`,
        value: ms.small / ms.smallScript,
      },
      {what: `the same in worktrees of 10,000 files`, value: ms.large / ms.largeScript},
      {
        what: `${CHECKED_TASKS} tasks of 0.2 s with a check of 1 s / their times divided by four`,
        value: ms.checked / ideal,
        atMost: 1.4,
      },
      {what: 'the same in worktrees of 200 files', value: ms.checkedSmall / ideal},
    ];
  });
}

function makeRepository(folder, files) {
  for (let n = 0; n < files; n++) {
    const file = path.join(folder, `d${n % 100}`, `f${n}.txt`);
    if (n < 100) fs.mkdirSync(path.dirname(file), {recursive: true});
    fs.writeFileSync(file, `file ${n}\n`);
  }
  git(folder, 'init', '-q', '-b', 'main');
  git(folder, 'config', 'user.name', 'Ada');
  git(folder, 'config', 'user.email', 'ada@example.com');
  git(folder, 'config', 'gc.auto', '0');
  git(folder, 'add', '-A');
  git(folder, 'commit', '-q', '-m', 'First commit');
  git(folder, 'repack', '-adq');
  return folder;
}

async function inCopy(template, folder, work) {
  const copy = path.join(folder, 'copy');
  // Files that nobody writes may be the same ones: most of the time went into copying them.
  execFileSync('cp', ['-al', template, copy]);
  fs.rmSync(path.join(copy, '.git'), {recursive: true});
  execFileSync('cp', ['-pR', path.join(template, '.git'), copy]);
  git(copy, 'status'); // git looks at them once, untimed
  try {
    return await work(copy);
  } finally {
    for (const name of [copy, `${copy}-slots`, `${copy}-state`]) fs.rmSync(name, {recursive: true, force: true});
  }
}

function byScript(folder) {
  const begun = performance.now();
  execFileSync(PLAIN_SCRIPT, [folder, TASKS, PLACES, WORK_S].map(String), {env: cleanEnv(folder), stdio: 'pipe'});
  return performance.now() - begun;
}

function byMilestone(folder, tasks, settings = {}) {
  writePlan(folder, graph(tasks, 'flat'), {
    run: index => `sleep ${WORK_S}; echo "task ${index}" > result-${index}.txt`,
    settings: {max_parallel: PLACES, ...settings},
  });
  return timeNode([MILESTONE, 'execute', 'bench'], {cwd: folder});
}

function git(folder, ...args) {
  return execFileSync('git', args, {cwd: folder, env: cleanEnv(folder), stdio: 'pipe'});
}
