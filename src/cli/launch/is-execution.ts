/**
 * Whether a command line carries out a plan in this process. Such a command reads its plan in a process of its own; a
 * dry run reads it itself.
 */
export function isExecution([command, ...words]: readonly string[]): boolean {
  return (
    (command === 'execute' || command === 'resume') &&
    !words.some(word => /^--(?:dry-run|plan|help|detach)$/.test(word))
  );
}
