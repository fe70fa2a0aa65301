/**
 * What all of the work results in, in its order.
 * @throws What failed first in that order, but only once none of it is under way any more.
 */
export async function allEnded<Result>(work: ReadonlyArray<Promise<Result>>): Promise<Result[]> {
  const ended = await Promise.allSettled(work);
  return ended.map(one => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
