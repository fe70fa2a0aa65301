import {gitEnvironment, runGit} from '../platform/processes/run-git.ts';

/**
 * What has changed since a file was written, as git shows it: hunks without a header, no line where nothing has.
 * @param file With the text as it was.
 * @returns Undefined where git cannot say.
 */
export async function diffSince(file: string, text: string): Promise<string[] | undefined> {
  const plain = ['--no-color', '--no-ext-diff', '--no-textconv', '--text', '--unified=3'];
  const args = ['diff', '--no-index', ...plain, '--', file, '-'];
  const {code, stdout} = await runGit(args, {cwd: '/', env: gitEnvironment(process.env), input: text});
  if (code !== 0 && code !== 1) return undefined;
  const lines = stdout.split('\n').slice(0, -1);
  const start = lines.findIndex(line => line.startsWith('@@'));
  // Behind the numbers of a hunk git guesses what function it is in.
  return start < 0 ? [] : lines.slice(start).map(line => line.replace(/^(@@ .*? @@).*/, '$1'));
}
