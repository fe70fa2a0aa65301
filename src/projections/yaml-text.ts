type Value = string | number | boolean | null | undefined | readonly Value[] | {readonly [key: string]: Value};

/**
 * Plain data as YAML in block style: keys as they are (they must be plain words), strings quoted as JSON, which YAML
 * includes. Undefined values are left out. For files that only the program writes; plans go through `renderPlan`.
 */
export function yamlText(value: {readonly [key: string]: Value}): string {
  return `${lines(value).join('\n')}\n`;
}

function lines(value: {readonly [key: string]: Value}): string[] {
  return Object.entries(value).flatMap(([key, entry]) => (entry === undefined ? [] : entryLines(`${key}:`, entry)));
}

function entryLines(start: string, value: Value): string[] {
  const inner = isMap(value) ? lines(value) : Array.isArray(value) ? value.flatMap(itemLines) : undefined;
  if (!inner) return [`${start} ${JSON.stringify(value)}`];
  if (inner.length === 0) return [`${start} ${Array.isArray(value) ? '[]' : '{}'}`];
  return [start, ...inner.map(line => `  ${line}`)];
}

function itemLines(value: Value): string[] {
  if (!isMap(value)) return [`- ${JSON.stringify(value)}`];
  return lines(value).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));
}

function isMap(value: Value): value is {readonly [key: string]: Value} {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
