// What an agent may run under `project`, as words that each agent spells in its own way.

/** Commands that begin so: the project's scripts and installs. */
export const PROJECT_COMMANDS: readonly string[] = [
  ...['npm', 'pnpm', 'yarn', 'bun'].flatMap(manager =>
    ['run', 'test', 'install', 'ci', 'exec'].map(command => `${manager} ${command}`),
  ),
  'npx --no-install',
  'pip install',
  'pip3 install',
  'python -m pip install',
  'python3 -m pip install',
  'python -m pytest',
  'python3 -m pytest',
  'pytest',
  'uv sync',
  'uv run',
  'cargo',
  'go build',
  'go test',
  'go vet',
  'go mod',
  'go generate',
  'go run',
  'make',
];

/** Commands that begin so: git that only reads. */
export const GIT_READING: readonly string[] = [
  'git status',
  'git diff',
  'git log',
  'git show',
  'git blame',
  'git ls-files',
  'git grep',
  'git rev-parse',
];

/**
 * A command, and the commands that it consists of where that is plain to see: agents ask for each of them.
 * What is quoted or nested stays whole.
 */
export function partsOf(command: string): string[] {
  const whole = command.trim();
  if (/['"`$(){}\\#<>]/.test(whole)) return [whole];
  const parts = whole.split(/&&|\|\||[;|\n]/).map(part => part.trim());
  return [...new Set([whole, ...parts])].filter(part => part !== '');
}

/** The beginning of a command that tells what it does: the program, and words that are no options, paths or values. */
export function beginningOf(command: string): string {
  const [program = '', ...rest] = command.trim().split(/\s+/);
  const end = rest.findIndex(word => !/^[a-z][\w:-]*$/i.test(word));
  const words = end === -1 ? rest : rest.slice(0, end);
  return [program, ...words.slice(0, words[0] === 'run' ? 2 : 1)].join(' ');
}

/** Whether a command is one plain call, without anything that a shell would make of it. */
export function isPlain(command: string): boolean {
  return !/[;&|`$()<>\n]/.test(command);
}
