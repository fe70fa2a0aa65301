// What works that are ready at once cost in checks of the merge queue: one after the other they would cost one each.

import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {cleanEnv, graph, inFolder, MILESTONE, timeNode, writePlan} from './measure.js';

const GUILTY = 9;

/** Checks that T works cost which are ready at once, and what one costs that is red among sixteen. */
export async function queue() {
  const rows = [];
  for (const works of [2, 4, 8, 16]) {
    const checks = await checksOf({works, verify: 'sleep 0.5'});
    rows.push({what: `checks of ${works} works that are ready at once`, value: checks.length});
  }
  // Red where it is merged, and in no other place.
  const verify = `if [ "$MILESTONE_SLOT" = 16 ] && [ -e result-${GUILTY}.txt ]; then exit 1; fi`;
  const checks = await checksOf({works: 16, verify, exit: 4});
  const after = checks.length - 1 - checks.findIndex(({ok}) => !ok);
  rows.push({what: 'checks after the first red one, with one guilty among 16', value: after, atMost: 6});
  return rows;
}

/** The checks that were run on merged works: who was in each, and whether it was green. */
function checksOf({works, verify, exit = 0}) {
  return inFolder(async folder => {
    const repository = path.join(folder, 'repository');
    fs.mkdirSync(repository);
    const git = (...args) =>
      execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
        cwd: repository,
        env: cleanEnv(repository),
        stdio: 'pipe',
      });
    git('init', '-q', '-b', 'main');
    git('commit', '-q', '--allow-empty', '-m', 'First commit');
    git('config', 'user.name', 'Ada');
    git('config', 'user.email', 'ada@example.com');
    writePlan(repository, graph(works, 'flat'), {
      // The first one alone is on the head that its own check has seen.
      run: index => `sleep ${index === 0 ? 0 : 2}; echo "task ${index}" > result-${index}.txt`,
      settings: {max_parallel: works, verify, verify_retries: 0, retries: 0},
    });
    await timeNode([MILESTONE, 'execute', 'bench'], {cwd: repository, exit});
    const log = fs.readFileSync(path.join(repository, '.milestones/logs/execution-bench.jsonl'), 'utf8');
    const events = log
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    return events.flatMap(({event, details}) => (event === 'round_checked' ? [details] : []));
  });
}
