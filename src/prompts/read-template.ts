import fs from 'node:fs';
import path from 'node:path';
import {MilestoneError} from '../errors.ts';
import type {HomePaths} from '../plan/file/home.ts';
import {didYouMean} from '../plan/suggest.ts';
import {fileError, listFolder} from '../platform/files.ts';
import {TEMPLATE_NAMES, type TemplateName} from './prompt-input.ts';
import {checkTemplate, type Template} from './template.ts';
import {builtInTemplate, namesOf} from './templates.ts';

/** A template is part of a prompt, which must not be much longer. */
const LARGEST_BYTES = 64 * 1024;

/** Folder of the user's own templates. */
export function promptsFolder(paths: Pick<HomePaths, 'home'>): string {
  return path.join(paths.home, 'prompts');
}

/**
 * The user's own template, else the built-in one.
 * @throws {MilestoneError} `CONFIG_INVALID` when his cannot be understood, `IO_FAILED` when it cannot be read.
 */
export function readTemplate(folder: string, name: TemplateName): Template {
  const file = path.join(folder, `${name}.md`);
  const text = readText(file);
  if (text === undefined) return builtInTemplate(name);
  const template = {text, file};
  checkTemplate(template, namesOf(name));
  return template;
}

/**
 * What is wrong with the user's templates, found before any is used; files that are no template are named, too.
 * @returns One `CONFIG_INVALID` error for each.
 */
export function findTemplateErrors(folder: string): MilestoneError[] {
  return listFolder(folder)
    .filter(name => name.endsWith('.md'))
    .flatMap(name => errorOf(folder, name.slice(0, -'.md'.length)));
}

function errorOf(folder: string, name: string): MilestoneError[] {
  const known = TEMPLATE_NAMES.find(one => one === name);
  const where = {file: path.join(folder, `${name}.md`)};
  if (known === undefined)
    return [
      new MilestoneError('CONFIG_INVALID', `there is no prompt \`${name}\``, {
        hint: didYouMean(name, TEMPLATE_NAMES) ?? `there are ${TEMPLATE_NAMES.join(', ')}`,
        where,
      }),
    ];
  try {
    readTemplate(folder, known);
    return [];
  } catch (error) {
    if (error instanceof MilestoneError) return [error];
    throw error;
  }
}

function readText(file: string): string | undefined {
  try {
    const stats = fs.statSync(file, {throwIfNoEntry: false});
    if (!stats) return undefined;
    if (!stats.isFile()) throw unfit(file, 'the template is no regular file');
    if (stats.size > LARGEST_BYTES) throw unfit(file, `the template is larger than ${LARGEST_BYTES / 1024} KiB`);
    return new TextDecoder('utf-8', {fatal: true}).decode(fs.readFileSync(file));
  } catch (error) {
    if (error instanceof TypeError) throw unfit(file, 'the template is not UTF-8');
    throw error instanceof MilestoneError ? error : fileError(error, `read \`${file}\``);
  }
}

function unfit(file: string, message: string): MilestoneError {
  return new MilestoneError('CONFIG_INVALID', message, {where: {file}});
}
