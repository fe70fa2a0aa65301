import {git, type Repository} from '../git.ts';

const MARKER = '^(<{7}|>{7}) ';

/**
 * Text files in `tree` that hold markers of a merge conflict which `base` has not: where somebody merged and did not
 * finish.
 */
export async function findConflictMarkers(repo: Repository, base: string, tree: string): Promise<string[]> {
  const touched = await git(repo, ['diff-tree', '-r', '-z', '--name-only', '--no-renames', `-G${MARKER}`, base, tree]);
  const files = touched.split('\0').filter(Boolean);
  if (files.length === 0) return [];
  const before = await filesWithMarkers(repo, base, files);
  return (await filesWithMarkers(repo, tree, files)).filter(file => !before.includes(file));
}

async function filesWithMarkers(repo: Repository, tree: string, files: readonly string[]): Promise<string[]> {
  const paths = files.map(file => `:(top,literal)${file}`);
  const args = ['grep', '--no-color', '-l', '-z', '-I', '-E', '--full-name', '-e', MARKER, tree, '--', ...paths];
  const found = await git(repo, args, {accept: [1]});
  const prefix = `${tree}:`;
  return found.split('\0').flatMap(file => (file.startsWith(prefix) ? file.slice(prefix.length) : []));
}
