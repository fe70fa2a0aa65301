// Sweeps: one test at many moments of a run, or for many damages. The suite tries a sample, `npm run test:kills` all.

const isWhole = process.env.SWEEP === 'all';

/** Of so many moments one is tried. */
export function oneIn(many: number): number {
  return isWhole ? 1 : many;
}

/** All of them, or the first of each `many`. */
export function sample<T>(all: readonly T[], many: number): T[] {
  return all.filter((_, index) => index % oneIn(many) === 0);
}
