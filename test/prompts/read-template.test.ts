import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {findTemplateErrors, readTemplate} from '../../src/prompts/read-template.ts';
import {builtInTemplate} from '../../src/prompts/templates.ts';

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompts-'));
});

afterEach(() => {
  fs.rmSync(folder, {recursive: true});
});

function write(name: string, text: string | Uint8Array): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

test('without a template of the user the built-in one holds, also without the folder', () => {
  expect(readTemplate(folder, 'task')).toEqual(builtInTemplate('task'));
  expect(readTemplate(path.join(folder, 'none'), 'review')).toEqual(builtInTemplate('review'));
  expect(findTemplateErrors(path.join(folder, 'none'))).toEqual([]);
});

test('a template of the user takes its place, a byte order mark does not count', () => {
  const file = write('design.md', '\ufeffDo {{task.title}}.\n');
  expect(readTemplate(folder, 'design')).toEqual({text: 'Do {{task.title}}.\n', file});
  expect(findTemplateErrors(folder)).toEqual([]);
});

test('each template has a vocabulary of its own', () => {
  write('review.md', '{{change}} {{claim}}');
  expect(readTemplate(folder, 'review').text).toContain('{{change}}');
  const file = write('task.md', 'Look:\n {{change}}');
  expect(() => readTemplate(folder, 'task')).toThrow(
    expect.objectContaining({code: 'CONFIG_INVALID', where: {file, line: 2, column: 2}}),
  );
});

test.each([
  ['a misspelt placeholder', '{{task.titel}}', 'did you mean `task.title`?'],
  ['not UTF-8', Buffer.from([0x41, 0xff]), undefined],
  ['too long', 'x'.repeat(70_000), undefined],
])('is refused: %s', (_, text, hint) => {
  const file = write('task.md', text);
  expect(() => readTemplate(folder, 'task')).toThrow(
    expect.objectContaining({code: 'CONFIG_INVALID', hint, where: expect.objectContaining({file})}),
  );
});

test('a folder or a device in its place is refused, not read', () => {
  fs.mkdirSync(path.join(folder, 'task.md'));
  expect(() => readTemplate(folder, 'task')).toThrow(expect.objectContaining({code: 'CONFIG_INVALID'}));
});

test('all that is wrong is found before anything is used, also a name that nothing reads', () => {
  write('plan.md', '{{?documents}}');
  const file = write('desing.md', 'x');
  write('README.txt', '{{');
  expect(findTemplateErrors(folder)).toEqual([
    expect.objectContaining({
      message: 'there is no prompt `desing`',
      hint: 'did you mean `design`?',
      where: {file},
    }),
    expect.objectContaining({message: expect.stringContaining('`{{?documents}}`: a prompt has no sections')}),
  ]);
});
