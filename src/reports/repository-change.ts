import type {RepositoryChange} from '../events/details/repository.ts';

/** What changed in the repository beside the work of an attempt, and how to have it back. */
export function repositoryChangeText({kind, name, from, to, put_back}: RepositoryChange): string {
  if (kind === 'config') return `the setting \`${name}\` of the repository was changed`;
  if (kind === 'file') return `\`.git/${name}\`, which all checkouts share, was changed`;
  if (kind === 'stash') {
    if (from === undefined) return `\`git stash\` got the entry \`${name}\` (${to?.slice(0, 10)})`;
    if (put_back) return `the stash entry \`${name}\` was taken; it is put back`;
    return `the stash entry \`${name}\` is gone; \`git stash store -m '${name}' ${from}\` puts it back`;
  }
  const shown = name.replace(/^refs\/(?:heads\/)?/, '');
  if (shown.startsWith('remotes/'))
    return `\`${shown.slice('remotes/'.length)}\` was pushed to, at ${to?.slice(0, 10)}`;
  if (from === undefined) return `\`${shown}\` was made, at ${to?.slice(0, 10)}`;
  if (to === undefined) return `\`${shown}\` was deleted; \`git update-ref ${name} ${from}\` puts it back`;
  if (put_back) return `\`${shown}\` was moved to ${to}; it is put back to ${from.slice(0, 10)}`;
  return `\`${shown}\` was moved to ${to.slice(0, 10)}; \`git update-ref ${name} ${from}\` puts it back`;
}
