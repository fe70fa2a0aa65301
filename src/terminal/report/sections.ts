const INDENT = '  ';

/** A heading with what stands below it; nothing where nothing does. */
export function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [heading, ...lines.map(line => `${INDENT}${line}`)];
}

/** Sections with an empty line between them; those that say nothing are left out. */
export function joinSections(sections: ReadonlyArray<readonly string[]>): string {
  return `${sections
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`;
}
