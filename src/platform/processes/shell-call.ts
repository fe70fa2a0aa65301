/** `sh`: POSIX, the system's own. `bash`: also sees what fails in the middle of a pipe. */
export type Shell = 'sh' | 'bash';

/** How a command is run so that the first line that fails is how it ends, and not the last one alone. */
export function shellCall(shell: Shell, command: string): {file: string; args: string[]} {
  return shell === 'bash'
    ? {file: 'bash', args: ['-eo', 'pipefail', '-c', command]}
    : {file: '/bin/sh', args: ['-e', '-c', command]};
}
