/** Letters, digits, `.`, `_`, `-`; up to 64. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether a text can be the id of a milestone or a task: as a file name, and as a part of a git ref. */
export function isValidId(id: string): boolean {
  return ID_PATTERN.test(id) && !id.includes('..') && !/\.(lock)?$/i.test(id);
}
