/** Begins the prompt of an agent that goes on in another folder: what its conversation says of files is wrong now. */
export function movedText(from: string, to: string): string {
  return `You work in another folder now: \`${to}\`. Your changes of before are in it. Absolute paths below \`${from}\` are void: read nothing there and write nothing there.\n\n`;
}
