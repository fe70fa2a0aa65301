import fs from 'node:fs';
import path from 'node:path';

/** First line of an outline that nobody has filled in yet. */
export const OUTLINE_MARKER = 'milestone: outline, to be filled in';

/** Larger ones are none. */
export const LARGEST_BYTES = 16 * 1024 * 1024;

/**
 * The content of a regular file of usual size, or why there is none. No link is followed below `folder`.
 * @param name Relative to it.
 */
export function readRegular(folder: string, name: string): Buffer | string {
  const {O_RDONLY, O_NOFOLLOW, O_NONBLOCK} = fs.constants;
  const file = path.join(folder, name);
  let fd: number | undefined;
  try {
    // Whoever writes there chooses what it is: no link leads out of the folder, no pipe holds the program up.
    if (fs.realpathSync(path.dirname(file)) !== path.join(fs.realpathSync(folder), path.dirname(name)))
      return 'it lies behind a link';
    fd = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = fs.fstatSync(fd);
    if (!stats.isFile()) return 'it is not a regular file';
    if (stats.size > LARGEST_BYTES) return `it is larger than ${LARGEST_BYTES / 1024 / 1024} MiB`;
    return fs.readFileSync(fd);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ELOOP') return 'it is a link';
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'it is missing' : `it cannot be read: ${message}`;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

/** What keeps a document from being taken, by its name and content. */
export async function problemOf(name: string, content: Buffer): Promise<string | undefined> {
  const text = content.toString('utf8');
  if (text.trim() === '') return 'it is empty';
  if (text.slice(0, 1_000).includes(OUTLINE_MARKER))
    return `it is still an outline (its line \`${OUTLINE_MARKER}\` is there)`;
  if (name.endsWith('.json')) return jsonProblem(text);
  if (!/\.ya?ml$/.test(name)) return undefined;
  const {yamlProblem} = await import('../plan/file/reader.ts');
  return yamlProblem(text);
}

function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `it is no JSON: ${(error as Error).message}`;
  }
}
