// Tasks that do nothing: what is left is the runner's own time and memory.

import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {
  graph,
  inFolder,
  inTurn,
  MILESTONE,
  mapValues,
  median,
  peakMemory,
  processorMs,
  timeNode,
  writePlan,
} from './measure.js';

const WIREIT = path.join(path.dirname(createRequire(import.meta.url).resolve('wireit/package.json')), 'bin/wireit.js');
const EXECUTE = [MILESTONE, 'execute', 'bench', '--no-git'];

/** 1,000 tasks, flat and in layers, beside wireit. */
export async function throughput(rounds = 3) {
  const flat = graph(1000, 'flat');
  const layered = graph(1000, 'layered');
  const candidates = {
    flat: () => milestone(flat),
    wireitFlat: () => wireit(flat),
    layered: () => milestone(layered),
    wireitLayered: () => wireit(layered),
  };
  const processor = Object.fromEntries(Object.keys(candidates).map(name => [name, []]));
  const ms = await inTurn(
    rounds,
    mapValues(candidates, (measure, name) => async () => {
      const before = processorMs();
      const wall = await measure();
      processor[name].push(processorMs() - before);
      return wall;
    }),
  );
  const cpu = mapValues(processor, median);
  return [
    {what: '1,000 tasks, flat / wireit', value: ms.flat / ms.wireitFlat, atMost: 1},
    {what: 'the same in time of the processor', value: cpu.flat / cpu.wireitFlat, atMost: 1},
    {what: '1,000 tasks, layered / wireit', value: ms.layered / ms.wireitLayered, atMost: 1},
    {what: 'the same in time of the processor', value: cpu.layered / cpu.wireitLayered, atMost: 1},
  ];
}

/** Whether 10,000 tasks cost ten times 1,000, and no more memory than they should. */
export async function scale(rounds = 1) {
  const [small, large] = [graph(1000, 'layered'), graph(10_000, 'layered')];
  const ms = await inTurn(rounds, {small: () => milestone(small), large: () => milestone(large)});
  const peak = await inFolder(folder => {
    writePlan(folder, large);
    return peakMemory(EXECUTE, {cwd: folder});
  });
  return [
    {what: 'time per task at 10,000 / at 1,000', value: ms.large / ms.small / 10, atMost: 1.2},
    {what: 'peak memory of the executor at 10,000', value: peak.own, unit: 'MiB', atMost: 160},
    {what: 'peak memory of what it starts to read the plan', value: peak.started, unit: 'MiB'},
  ];
}

function milestone(tasks) {
  return inFolder(folder => {
    writePlan(folder, tasks);
    return timeNode(EXECUTE, {cwd: folder});
  });
}

/** Started as npm would, without npm's own time; nothing is declared as input, so nothing is ever skipped. */
function wireit(tasks) {
  return inFolder(folder => {
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(wireitPackage(tasks)));
    const npm = {
      npm_lifecycle_event: 'all',
      npm_package_json: path.join(folder, 'package.json'),
      npm_config_user_agent: 'npm',
    };
    return timeNode([WIREIT], {
      cwd: folder,
      env: {...npm, WIREIT_PARALLEL: '2', WIREIT_CACHE: 'none', WIREIT_LOGGER: 'quiet-ci'},
    });
  });
}

function wireitPackage(tasks) {
  const all = {id: 'all', dependencies: tasks.map(({id}) => id)};
  return {
    name: 'bench',
    scripts: Object.fromEntries([...tasks, all].map(({id}) => [id, 'wireit'])),
    wireit: Object.fromEntries([
      ...tasks.map(({id, dependencies}) => [id, {command: 'true', dependencies, packageLocks: []}]),
      ['all', {dependencies: all.dependencies}],
    ]),
  };
}
