import fs from 'node:fs';
import path from 'node:path';

/**
 * The absolute path of the program that `name` starts with this PATH; undefined when there is none. Relative folders
 * are left out: they would mean another program in every working directory.
 */
export function findProgram(name: string, searchPath: string | undefined): string | undefined {
  const folders = (searchPath ?? '').split(path.delimiter).filter(folder => path.isAbsolute(folder));
  return folders.map(folder => path.join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    if (!fs.statSync(file, {throwIfNoEntry: false})?.isFile()) return false;
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
