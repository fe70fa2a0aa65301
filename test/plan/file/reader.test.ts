import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {build} from 'rolldown';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {readInChild} from '../../../src/plan/file/read-in-child.ts';
import {readConfigFile, readPlanFile} from '../../../src/plan/file/reader.ts';
import {planStamp} from '../../../src/plan/file/stamp.ts';
import {askChild} from '../../../src/platform/processes/ask-child.ts';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reader-'));
});
afterAll(() => fs.rmSync(folder, {recursive: true}));

function write(name: string, text: string | Uint8Array): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

const PLAN = 'id: m\ntitle: M\nbig: 123456789012345678901234567890\ntasks:\n  - {id: a, title: A}\n';

test('a plan comes with its text and stamp', () => {
  const file = write('m.yaml', `\uFEFF${PLAN}`);
  expect(readPlanFile(file)).toMatchObject({plan: {id: 'm'}, text: `\uFEFF${PLAN}`, stamp: planStamp(file)});
});

test('a file that cannot be read is a problem', () => {
  const pipe = path.join(folder, 'pipe.yaml');
  execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', pipe]);
  const large = write('large.yaml', '');
  fs.truncateSync(large, 17 * 1024 * 1024);
  const cases = [
    [path.join(folder, 'nowhere.yaml'), 'FILE_MISSING'],
    [path.join(write('file.yaml', ''), 'below.yaml'), 'FILE_UNREADABLE'],
    [folder, 'NOT_A_FILE'],
    [pipe, 'NOT_A_FILE'],
    [large, 'TOO_LARGE'],
    [write('latin.yaml', Buffer.from('id: \xe4\n', 'latin1')), 'NOT_UTF8'],
  ] as const;
  for (const [file, code] of cases)
    expect(readPlanFile(file).problems).toMatchObject([{severity: 'error', code, where: {file}}]);
  expect(readConfigFile(path.join(folder, 'nowhere.yaml'))).toEqual({config: {}, problems: []});
});

test('a reading in a process of its own says the same as one in this process', async () => {
  const entry = path.join(folder, 'entry.mjs');
  const source = new URL('../../../src/plan/file/answer-plan-request.ts', import.meta.url).pathname;
  const child = path.join(folder, 'child.ts');
  fs.writeFileSync(
    child,
    `import {answerPlanRequest} from ${JSON.stringify(source)}; await answerPlanRequest(process.stdin); process.exit(0);`,
  );
  await build({input: child, platform: 'node', output: {file: entry}});
  const tasks = Array.from(
    {length: 300},
    (_, index) => `  - id: t${index}\n    title: ${'x'.repeat(500)}\n    y: &y${index} 99999999999999999999\n`,
  );
  const plan = write('big.yaml', `id: big\ntitle: Big\ntasks:\n${tasks.join('')}`);
  const config = write('config.yaml', 'settings: {retries: 0}\n');
  const {
    config: read,
    configProblems,
    configStamp,
    ...reading
  } = await readInChild([entry], {file: plan, configFile: config});
  expect(configStamp).toMatchObject({size: fs.statSync(config).size});
  expect(reading).toEqual(readPlanFile(plan));
  expect(reading.plan?.tasks).toHaveLength(300);
  expect({read, configProblems}).toEqual({read: {settings: {retries: 0}}, configProblems: []});

  const bad = write('bad.mjs', 'throw new Error("no")');
  await expect(readInChild([bad], {file: plan, configFile: config})).rejects.toMatchObject({
    code: 'IO_FAILED',
    message: expect.stringContaining('its reader ended with exit code 1'),
  });
});

test('a reader is in a process group of its own: Ctrl-C in the terminal is not meant for it', async () => {
  const reader = await askChild('/bin/sh', ['-c', 'cat > /dev/null; echo $$ $(ps -o pgid= -p $$)'], '');
  const [pid, group] = reader.stdout.trim().split(' ');
  expect(group).toBe(pid);
});
