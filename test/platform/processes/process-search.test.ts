// Looks at processes in moments that no test can hold a real one in: what the system says is written down here.

import {expect, test} from 'vitest';
import {ProcessSearch, type ProcessTable} from '../../../src/platform/processes/process-search.ts';
import {hasProc, type ProcessEntry} from '../../../src/platform/processes/process-table.ts';

const GROUP = 1_000_000;
const DAEMON = GROUP + 2;

/** What is seen at one look: numbers that are not there have ended, or are not there yet. */
type Moment = Record<number, Partial<ProcessEntry>>;

/** Shows one moment after the other; each look at everybody, or at the daemon's number, is the next one. */
class ScriptedTable implements ProcessTable {
  looks = 0;

  constructor(
    private readonly moments: readonly Moment[],
    private readonly last: number,
  ) {}

  async listProcesses(): Promise<ProcessEntry[]> {
    const moment = this.next();
    return Object.keys(moment).map(pid => entryOf(Number(pid), moment));
  }

  readProcess(pid: number): ProcessEntry | undefined {
    if (pid !== DAEMON) return undefined;
    const moment = this.next();
    return moment[pid] && entryOf(pid, moment);
  }

  listPids(): number[] {
    return [];
  }

  readLastPid(): number {
    return this.last;
  }

  private next(): Moment {
    const moment = this.moments[Math.min(this.looks, this.moments.length - 1)]!;
    this.looks++;
    return moment;
  }
}

function entryOf(pid: number, moment: Moment): ProcessEntry {
  return {pid, parent: 1, group: pid, session: pid, started: '1', name: 'sh', ...moment[pid]};
}

const IN_EXEC: Moment = {[DAEMON]: {isUnclear: true}};
const STARTED: Moment = {[DAEMON]: {token: 'run-1'}};

test.runIf(hasProc).each([
  ['is in the middle of exec for many looks', [...Array(20).fill(IN_EXEC), STARTED]],
  ['is not there yet when its number is passed, and its parent not any more', [{}, STARTED]],
])('a daemon is found that %s', async (_, moments) => {
  const newborns = new ProcessSearch(new Set(['run-1']), GROUP, new ScriptedTable(moments, DAEMON));
  expect(await newborns.findNewborn(GROUP)).toMatchObject([{pid: DAEMON}]);
  const all = new ProcessSearch(new Set(['run-1']), GROUP, new ScriptedTable(moments, DAEMON));
  expect(await all.find()).toMatchObject([{pid: DAEMON}]);
});

test('one that ends in the middle of exec is not waited for', async () => {
  const search = new ProcessSearch(new Set(['run-1']), GROUP, new ScriptedTable([IN_EXEC, IN_EXEC, {}], DAEMON));
  expect(await search.findNewborn(GROUP)).toEqual([]);
});

test('whose session had begun before is not waited for either', async () => {
  const table = new ScriptedTable([{[DAEMON]: {isUnclear: true, session: 7}}], DAEMON);
  expect(await new ProcessSearch(new Set(['run-1']), GROUP, table).findNewborn(GROUP)).toEqual([]);
  expect(table.looks).toBe(2);
});

test('when nothing was born since, nothing is looked at', async () => {
  const table = new ScriptedTable([STARTED], GROUP);
  expect(await new ProcessSearch(new Set(['run-1']), GROUP, table).findNewborn(GROUP)).toEqual([]);
  expect(table.looks).toBe(0);
});

test.runIf(hasProc)('a process with an empty environment is a stranger at once, not somebody to wait for', async () => {
  const table = new ScriptedTable([{[DAEMON]: {}}], DAEMON);
  expect(await new ProcessSearch(new Set(['run-1']), GROUP, table).findNewborn(GROUP)).toEqual([]);
  expect(table.looks).toBe(2);
});
