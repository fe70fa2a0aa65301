// How long a person or a script waits for an answer, beside the least that a Node program takes.

import fs from 'node:fs';
import path from 'node:path';
import {graph, inFolder, inTurn, MILESTONE, timeNode, writePlan} from './measure.js';

/** `--version`, and `status` of milestones of three sizes. */
export function start(rounds = 15) {
  return inFolder(async folder => {
    const homes = {};
    for (const size of [10, 1000, 10_000]) homes[size] = await begunMilestone(path.join(folder, String(size)), size);
    const status = size => () => timeNode([MILESTONE, 'status', 'bench'], {cwd: homes[size]});
    const ms = await inTurn(rounds, {
      node: () => timeNode(['-e', '0'], {cwd: folder}),
      version: () => timeNode([MILESTONE, '--version'], {cwd: folder}),
      status10: status(10),
      status1000: status(1000),
      status10000: status(10_000),
    });
    const first = await inTurn(Math.min(rounds, 5), {first: () => inFolder(firstTaskMs)});
    const edited = await inTurn(Math.min(rounds, 5), {edited: () => statusAfterEdit(homes[1000])});
    return [
      {what: '`milestone --version` / `node -e 0`', value: ms.version / ms.node, atMost: 1.5},
      {what: '`milestone status` of 10 tasks / `node -e 0`', value: ms.status10 / ms.node, atMost: 2.2},
      {what: '`milestone status` of 1,000 tasks / `node -e 0`', value: ms.status1000 / ms.node, atMost: 2.2},
      {what: '`milestone status` of 10,000 tasks / `node -e 0`', value: ms.status10000 / ms.node, atMost: 3},
      {what: '`milestone status` of 1,000 tasks after a hand edit', value: edited.edited / 1000, unit: 's', atMost: 2},
      {what: 'first of 100 tasks is started after', value: first.first / 1000, unit: 's', atMost: 0.6},
      {what: 'the same / `node -e 0`', value: first.first / ms.node},
    ];
  });
}

/** A milestone that has begun and stopped at its first task, on which all others wait; asked once for its status. */
async function begunMilestone(folder, size) {
  fs.mkdirSync(folder);
  const [first, ...rest] = graph(size, 'flat');
  const tasks = [first, ...rest.map(({id}) => ({id, dependencies: [first.id]}))];
  writePlan(folder, tasks, {run: index => (index === 0 ? 'false' : 'true'), settings: {retries: 0}});
  await timeNode([MILESTONE, 'execute', 'bench', '--no-git'], {cwd: folder, exit: 4});
  await timeNode([MILESTONE, 'status', 'bench'], {cwd: folder});
  return folder;
}

/** From the start of the command to the start of the first task, in milliseconds. */
async function firstTaskMs(folder) {
  writePlan(folder, graph(100, 'flat'), {run: index => (index === 0 ? 'date +%s%3N > started' : 'true')});
  const begunAt = Date.now();
  await timeNode([MILESTONE, 'execute', 'bench', '--no-git', '--only', 't00000'], {cwd: folder});
  return Number(fs.readFileSync(path.join(folder, 'started'), 'utf8')) - begunAt;
}

function statusAfterEdit(folder) {
  const file = path.join(folder, '.milestones/active/bench.yaml');
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/title: Benchmark.*/, '$&!'));
  return timeNode([MILESTONE, 'status', 'bench'], {cwd: folder});
}
