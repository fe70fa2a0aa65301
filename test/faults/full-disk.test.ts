// A disk that is really full: a small file system in memory, of which a file takes all but a little.

import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {
  completed,
  copyWorld,
  createWorld,
  executeToTheEnd,
  expectCompletedPlan,
  expectIntegratedOnce,
  expectNothingLeft,
  expectSoundLog,
  ID,
  timesRun,
  usersThings,
} from '../kill/world.ts';

const KIB = 1024;
const before = process.env.TMPDIR;
const mounted = mountSmallDisk();
if (mounted === undefined) console.warn('SKIPPED: this user may not mount a file system, so no disk gets really full');

describe.skipIf(mounted === undefined)('on a disk with little left', () => {
  afterAll(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    if (mounted === undefined) return;
    execFileSync('umount', ['--lazy', mounted]);
    fs.rmdirSync(mounted);
  });

  test.each([0, 16, 100])('%i KiB: it says so, loses nothing, and goes on with space', async left => {
    process.env.TMPDIR = mounted;
    await using template = await createWorld({git: true});
    await using rig = copyWorld(template);
    const mine = usersThings(rig);
    const filler = path.join(rig.root, 'filler');
    fill(filler, left * KIB);

    const {exitCode, stderr} = await rig.milestone('execute', ID);
    // With some space it sees in time that there is too little to begin a task.
    expect([4, 9], stderr).toContain(exitCode);
    expect(stderr).toMatch(
      exitCode === 4 ? /^the disk that holds the slots is \d+ % full/m : /^error: .*(?:disk is full|No space left)/m,
    );
    expect(usersThings(rig)).toEqual(mine);
    fs.rmSync(filler);
    const [done, ranBefore] = [completed(rig), timesRun(rig)];
    await executeToTheEnd(rig);

    expect(usersThings(rig)).toEqual(mine);
    expectSoundLog(rig.events(ID));
    expectCompletedPlan(rig);
    expectIntegratedOnce(rig);
    expectNothingLeft(rig);
    for (const id of done) expect(timesRun(rig)[id], `${id} was complete on disk`).toBe(ranBefore[id]);
  });
});

function mountSmallDisk(): string | undefined {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'small-disk', folder], {stdio: 'ignore'});
    return folder;
  } catch {
    fs.rmdirSync(folder);
    return undefined;
  }
}

/** Make a file that leaves so many bytes of its file system. */
function fill(file: string, bytesLeft: number): void {
  const {bavail, bsize} = fs.statfsSync(path.dirname(file));
  const fd = fs.openSync(file, 'w');
  const block = Buffer.alloc(bsize);
  for (let blocks = bavail - Math.ceil(bytesLeft / bsize); blocks > 0; blocks--) fs.writeSync(fd, block);
  fs.closeSync(fd);
}
