// Plans and config.yaml from disk, in this process. Loads `yaml` and `zod`.

import type {Stats} from 'node:fs';
import fs from 'node:fs';
import type {Problem} from '../plan.ts';
import {type ProblemCode, Problems} from './problems.ts';
import {type Config, type PlanFile, readConfigText, readPlanText} from './read-plan-text.ts';
import type {FileStamp} from './stamp.ts';
import {stampOf} from './stamp.ts';
import {LARGEST_FILE_BYTES} from './yaml/source.ts';

/** For documents: whoever carries out a plan has what reads YAML by then, also if the program is updated meanwhile. */
export {yamlProblem} from './yaml/problem.ts';

/** A plan together with the very text that its layout is of. */
export interface ReadPlan extends PlanFile {
  text: string;
  /** Absent when there is no such file. */
  stamp?: FileStamp;
}

/** A plan and the project's config.yaml, as one reading found them. */
export interface PlanReading extends ReadPlan {
  config: Config;
  configProblems: Problem[];
  configStamp?: FileStamp;
}

/** Both files, in this process. */
export function readPlanAndConfig(file: string, configFile: string): PlanReading {
  const {config, problems: configProblems, stamp} = readConfigFile(configFile);
  return {...readPlanFile(file), config, configProblems, ...(stamp && {configStamp: stamp})};
}

/** Read a plan; a file that cannot be read is a problem, never an exception. */
export function readPlanFile(file: string): ReadPlan {
  const read = readText(file);
  const stamp = read.stamp && {stamp: read.stamp};
  if ('text' in read) return {...readPlanText(read.text, file), text: read.text, ...stamp};
  return {isMilestone: true, imported: {status: 'planned', tasks: {}}, problems: read.problems, text: '', ...stamp};
}

/** Read config.yaml; one that does not exist says nothing. */
export function readConfigFile(file: string): {config: Config; problems: Problem[]; stamp?: FileStamp} {
  const read = readText(file);
  const stamp = read.stamp && {stamp: read.stamp};
  if ('text' in read) return {...readConfigText(read.text, file), ...stamp};
  return {config: {}, problems: read.problems.filter(({code}) => code !== 'FILE_MISSING'), ...stamp};
}

type ReadText = {text: string; stamp: FileStamp} | {problems: Problem[]; stamp?: FileStamp};

function readText(file: string): ReadText {
  let fd: number;
  try {
    // Without O_NONBLOCK the opening of a named pipe would wait for a writer.
    fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? refuse(file, 'FILE_MISSING', `there is no file \`${file}\``)
      : refuse(file, 'FILE_UNREADABLE', `cannot read \`${file}\`: ${message}`);
  }
  try {
    const stats = fs.fstatSync(fd);
    return readOpened(fd, file, stats);
  } catch (error) {
    return refuse(file, 'FILE_UNREADABLE', `cannot read \`${file}\`: ${(error as Error).message}`);
  } finally {
    fs.closeSync(fd);
  }
}

function readOpened(fd: number, file: string, stats: Stats): ReadText {
  const stamp = stampOf(stats);
  if (!stats.isFile()) return {...refuse(file, 'NOT_A_FILE', `\`${file}\` is no regular file`), stamp};
  if (stats.size > LARGEST_FILE_BYTES) {
    const limit = `${LARGEST_FILE_BYTES / 1024 / 1024} MiB`;
    return {...refuse(file, 'TOO_LARGE', `\`${file}\` is larger than ${limit}`), stamp};
  }
  try {
    const text = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(fs.readFileSync(fd));
    return {text, stamp};
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return {...refuse(file, 'NOT_UTF8', `\`${file}\` is not UTF-8`), stamp};
  }
}

function refuse(file: string, code: ProblemCode, message: string): {problems: Problem[]} {
  const problems = new Problems(file);
  problems.error(code, message);
  return {problems: problems.found};
}
