/** The first line of a command or message, and a sign when there is more. */
export function firstLine(text: string): string {
  const lines = text.trim().split(/\r\n|\r|\n/);
  return lines.length > 1 ? `${lines[0]} …` : (lines[0] as string);
}
