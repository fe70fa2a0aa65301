import fs from 'node:fs';
import path from 'node:path';
import type {Problem} from '../plan/plan.ts';

/** A file as a person in the working directory would name it: relative, unless that is longer. */
export function shownPath(file: string): string {
  const relative = path.relative(fs.realpathSync(process.cwd()), file);
  return relative !== '' && relative.length < file.length ? relative : file;
}

/** `file:line:column`, as far as it is known. */
export function shownPosition(where: NonNullable<Problem['where']>): string {
  return [shownPath(where.file), where.line, where.column].filter(part => part !== undefined).join(':');
}

/** A file as whoever collects the findings of tools would name it: from the top of its repository, with `/` between. */
export function pathInRepository(file: string): string {
  let top = path.dirname(file);
  while (!fs.existsSync(path.join(top, '.git'))) {
    const above = path.dirname(top);
    if (above === top) return path.relative(process.cwd(), file);
    top = above;
  }
  return path.relative(top, file).split(path.sep).join('/');
}
