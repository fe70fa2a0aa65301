import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {crc32} from 'node:zlib';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {isSameStamp, planStamp} from '../../src/plan/file/stamp.ts';
import {movePlanFile, PlanFileWriter, recoverPlanFile} from '../../src/projections/plan-file-writer.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'plan-'));
  file = path.join(folder, 'active', 'm.yaml');
  fs.mkdirSync(path.dirname(file));
  fs.writeFileSync(file, 'one');
});
afterEach(() => {
  fs.rmSync(folder, {recursive: true});
});

const read = (name = file) => fs.readFileSync(name, 'utf8');
const names = () => fs.readdirSync(path.dirname(file));
const sum = (text: string) => crc32(text).toString(16).padStart(8, '0');

test('a text is written, with its stamp, and nothing is left beside it', async () => {
  const writer = new PlanFileWriter(file, 'one');
  const before = planStamp(file);
  const result = await writer.write('two');
  expect(result).toEqual({edited: false, stamp: planStamp(file)});
  expect(isSameStamp(before, planStamp(file))).toBe(false);
  expect(read()).toBe('two');
  expect(await Promise.all([writer.write('three'), writer.write('four')])).toMatchObject([
    {edited: false},
    {edited: false},
  ]);
  expect(read()).toBe('four');
  expect(names()).toEqual(['m.yaml']);
});

test('an edit that was saved before the write stays, and is reported', async () => {
  const writer = new PlanFileWriter(file, 'one');
  fs.writeFileSync(file, 'a person');
  expect(await writer.write('two')).toEqual({edited: true});
  expect(read()).toBe('a person');
  expect(names()).toEqual(['m.yaml']);
  writer.adopt('a person');
  expect(await writer.write('two')).toMatchObject({edited: false});
  expect(read()).toBe('two');
});

test('an edit that was saved and read while a write was on its way stays', async () => {
  const writer = new PlanFileWriter(file, 'one');
  const saveAndRead = (text: string) => {
    fs.writeFileSync(file, text);
    writer.adopt(text);
  };
  const {open} = fs.promises;
  vi.spyOn(fs.promises, 'open').mockImplementationOnce((...args) => {
    saveAndRead('a person');
    return open(...args);
  });
  const [first, second] = [writer.write('two'), writer.write('three')];
  expect(await first).toEqual({edited: true});
  expect(await second).toEqual({edited: true});
  expect(read()).toBe('a person');
  expect(names()).toEqual(['m.yaml']);
  expect(await writer.write('four')).toMatchObject({edited: false});
});

test('an edit is reported even when there is nothing to write', async () => {
  const writer = new PlanFileWriter(file, 'one');
  fs.writeFileSync(file, 'a person');
  expect(await writer.write('one')).toEqual({edited: true});
  expect(read()).toBe('a person');
});

test('the stamp of a write is never that of an edit which came right after it', async () => {
  const rename = fs.renameSync;
  vi.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
    rename(from, to);
    fs.writeFileSync(file, 'a person');
  });
  const result = await new PlanFileWriter(file, 'one').write('two');
  expect(result.edited).toBe(false);
  expect(isSameStamp(result.edited ? undefined : result.stamp, planStamp(file))).toBe(false);
});

test.each(['into the file', 'by renaming'])('an edit that is saved %s in the middle of a write stays', async how => {
  const writer = new PlanFileWriter(file, 'one');
  const link = fs.linkSync;
  vi.spyOn(fs, 'linkSync').mockImplementation((from, to) => {
    if (how === 'by renaming') {
      fs.writeFileSync(`${file}.new`, 'a person');
      fs.renameSync(`${file}.new`, file);
    }
    link(from, to);
    if (how === 'into the file') fs.writeFileSync(file, 'a person');
  });
  expect(await writer.write('two')).toEqual({edited: true});
  expect(read()).toBe('a person');
});

test('an edit on a file system without hard links stays too', async () => {
  vi.spyOn(fs, 'linkSync').mockImplementation(() => {
    throw Object.assign(new Error('no links'), {code: 'ENOTSUP'});
  });
  const writer = new PlanFileWriter(file, 'one');
  expect(await writer.write('two')).toMatchObject({edited: false});
  fs.writeFileSync(file, 'a person');
  expect(await writer.write('three')).toEqual({edited: true});
  expect(read()).toBe('a person');
});

test('a file that was deleted is not written again', async () => {
  const writer = new PlanFileWriter(file, 'one');
  fs.rmSync(file);
  expect(await writer.write('two')).toEqual({edited: true});
  expect(names()).toEqual([]);
  expect(planStamp(file)).toBeUndefined();
});

test('the mode stays, and a symbolic link is followed', async () => {
  const target = path.join(folder, 'real.yaml');
  fs.renameSync(file, target);
  fs.chmodSync(target, 0o640);
  fs.symlinkSync('../real.yaml', file);
  expect(await new PlanFileWriter(file, 'one').write('two')).toMatchObject({edited: false});
  expect(fs.lstatSync(file).isSymbolicLink()).toBe(true);
  expect(read(target)).toBe('two');
  expect(fs.statSync(target).mode & 0o777).toBe(0o640);
});

test('a write that fails leaves the file as it is, and says why', async () => {
  const writer = new PlanFileWriter(file, 'one');
  vi.spyOn(fs, 'renameSync').mockImplementation(() => {
    throw Object.assign(new Error('full'), {code: 'ENOSPC'});
  });
  await expect(writer.write('two')).rejects.toMatchObject({code: 'DISK_FULL'});
  vi.restoreAllMocks();
  expect(read()).toBe('one');
  recoverPlanFile(file);
  expect(names()).toEqual(['m.yaml']);
  expect(await writer.write('three')).toMatchObject({edited: false});
});

/** What a writer that was killed on the way from 'one' to 'two' leaves behind. */
function aside(text: string): void {
  fs.writeFileSync(path.join(path.dirname(file), `.m.yaml.${sum('one')}-${sum('two')}.aside`), text);
}

test('after a crash an edit that was set aside comes back', () => {
  fs.writeFileSync(file, 'two');
  aside('a person');
  fs.writeFileSync(path.join(path.dirname(file), '.m.yaml.123-1.tmp'), 'half');
  recoverPlanFile(file);
  expect(read()).toBe('a person');
  expect(names()).toEqual(['m.yaml']);
});

test('after a crash what the writer itself had set aside goes', () => {
  fs.writeFileSync(file, 'two');
  aside('one');
  recoverPlanFile(file);
  expect(read()).toBe('two');
  expect(names()).toEqual(['m.yaml']);
});

test('of two edits after a crash the later one counts, and the earlier one is kept', () => {
  fs.writeFileSync(file, 'the later');
  aside('the earlier');
  recoverPlanFile(file);
  expect(read()).toBe('the later');
  expect(read(`${file}.bak`)).toBe('the earlier');
});

test('a finished plan moves once, however often it is asked to', () => {
  const completed = path.join(folder, 'completed', 'm.yaml');
  expect(movePlanFile(file, completed)).toBe(true);
  expect(movePlanFile(file, completed)).toBe(false);
  expect(read(completed)).toBe('one');
  expect(fs.existsSync(file)).toBe(false);
});

test('a move that was cut off in the middle is finished', () => {
  const completed = path.join(folder, 'completed', 'm.yaml');
  fs.mkdirSync(path.dirname(completed));
  fs.linkSync(file, completed);
  expect(movePlanFile(file, completed)).toBe(true);
  expect(read(completed)).toBe('one');
  expect(fs.existsSync(file)).toBe(false);
});

test('a plan of the same name in the way is kept beside', () => {
  const completed = path.join(folder, 'completed', 'm.yaml');
  fs.mkdirSync(path.dirname(completed));
  fs.writeFileSync(completed, 'older');
  movePlanFile(file, completed);
  expect(read(completed)).toBe('one');
  expect(read(`${completed}.bak`)).toBe('older');
});

test('a version that is saved while the plan moves is not lost', () => {
  const completed = path.join(folder, 'completed', 'm.yaml');
  const link = fs.linkSync;
  vi.spyOn(fs, 'linkSync').mockImplementationOnce((from, to) => {
    link(from, to);
    fs.writeFileSync(`${file}.new`, 'a person');
    fs.renameSync(`${file}.new`, file);
  });
  movePlanFile(file, completed);
  expect(read()).toBe('a person');
  movePlanFile(file, completed);
  expect(read(completed)).toBe('a person');
  expect(read(`${completed}.bak`)).toBe('one');
});

test('a plan that is a symbolic link still leads to its text after the move', () => {
  const target = path.join(path.dirname(file), 'text');
  fs.renameSync(file, target);
  fs.symlinkSync('text', file);
  const completed = path.join(folder, 'completed', 'm.yaml');
  movePlanFile(file, completed);
  expect(fs.lstatSync(completed).isSymbolicLink()).toBe(true);
  expect(read(completed)).toBe('one');
  expect(read(target)).toBe('one');
});
