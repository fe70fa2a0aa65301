// A template is text with names in double braces: `{{task.title}}`, `{{checks}}`. `\{{` is the two braces themselves.
//
// A name that stands alone on its line takes the line with it: what there is nothing of leaves no line behind.
//
// T1. Data is put in in one pass, so nothing in it can pass for a name.
// T2. A name is checked against the names there are, not against the data: a misspelt one is found whatever the data.

import {MilestoneError} from '../errors.ts';
import {didYouMean} from '../plan/suggest.ts';

export interface Template {
  text: string;
  /** Where it comes from, for errors. */
  file: string;
}

const NAME = /^[ \t]*\{\{([^{}]*)\}\}[ \t]*(?:\r?\n|(?![\s\S]))|(\\)\{\{|\{\{([^{}]*)\}\}|\{\{/gm;

/**
 * Put texts in the place of the names; those of several lines end with an empty line, unless they are empty.
 * @throws {MilestoneError} `CONFIG_INVALID` with the place of what cannot be understood.
 */
export function fillTemplate(template: Template, texts: Readonly<Record<string, string>>): string {
  return template.text.replace(NAME, (match, alone?: string, escaped?: string, inline?: string, at = 0) => {
    if (escaped) return '{{';
    const name = (alone ?? inline)?.trim();
    const text = name !== undefined && Object.hasOwn(texts, name) ? texts[name] : undefined;
    if (text === undefined) throw refused(template, at, name, Object.keys(texts));
    if (alone === undefined) return text.trimEnd();
    return text === '' || text.endsWith('\n') ? text : match.replace(/\{\{.*\}\}/, () => text);
  });
}

/**
 * Make sure that a template can be filled in.
 * @throws {MilestoneError} `CONFIG_INVALID`
 */
export function checkTemplate(template: Template, names: readonly string[]): void {
  fillTemplate(template, Object.fromEntries(names.map(name => [name, ''])));
}

function refused(template: Template, at: number, name: string | undefined, names: readonly string[]): MilestoneError {
  const before = template.text.slice(0, at).split('\n');
  // A name that stands alone was matched together with the blanks before it.
  const blanks = /^[ \t]*/.exec(template.text.slice(at))![0].length;
  const where = {file: template.file, line: before.length, column: before.at(-1)!.length + blanks + 1};
  const known = `known are ${names.join(', ')}`;
  if (name === undefined) return new MilestoneError('CONFIG_INVALID', '`{{` is never closed', {where});
  if (/^[?^#/!]/.test(name))
    return new MilestoneError('CONFIG_INVALID', `\`{{${name}}}\`: a prompt has no sections, conditions and notes`, {
      hint: `write a name alone on its line: it is left out where there is nothing; ${known}`,
      where,
    });
  const whole = names.find(one => name.startsWith(`${one}.`));
  return new MilestoneError('CONFIG_INVALID', `the placeholder \`{{${name}}}\` is not known`, {
    hint: didYouMean(name, names) ?? (whole === undefined ? known : `\`{{${whole}}}\` has all of it; ${known}`),
    where,
  });
}
