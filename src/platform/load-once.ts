/**
 * Loads a part of the program at its first use, and only once: whoever updates the program meanwhile takes its files
 * away, and a part that was loaded again would be looked for anew.
 */
export function loadOnce<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let part: Promise<Part> | undefined;
  return () => {
    part ??= load();
    return part;
  };
}
