/** Run `work` once the current turn of the event loop has done what was ready: late enough to share, never idle. */
export function atEndOfTurn(work: () => void): void {
  setImmediate(work);
}
