/**
 * Bytes of JavaScript's memory, buffers included, that come at most on top of what there is while `act` runs; garbage
 * that is not collected yet is among them. What the system gives the process is no measure: it is not given back.
 */
export async function mostMemory(act: () => Promise<unknown>): Promise<number> {
  const inUse = () => {
    const {heapUsed, arrayBuffers} = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = inUse();
  let most = before;
  const look = () => {
    most = Math.max(most, inUse());
  };
  const looks = setInterval(look, 1);
  try {
    await act();
  } finally {
    clearInterval(looks);
  }
  return most - before;
}
