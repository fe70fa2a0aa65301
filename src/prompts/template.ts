// The language of templates:
//
//   {{task.title}}            a text; nothing when there is none
//   {{?task.touches}}…{{/task.touches}}    when there is any
//   {{^task.touches}}…{{/task.touches}}    when there is none
//   {{#dependencies}}…{{/dependencies}}    for each; names inside are looked up in it first, {{.}} is the text itself
//   {{! a note }}             nothing
//   \{{                       the two braces
//
// A line with nothing but one of the tags `?`, `^`, `#`, `/`, `!` leaves no line behind.
//
// T1. Data is put in after the template was parsed, so nothing in it can pass for a tag.
// T2. A name is checked against the vocabulary, not against the data: a misspelt one is found whatever the data.

import {MilestoneError} from '../errors.ts';
import {didYouMean} from '../plan/suggest.ts';

export interface Template {
  text: string;
  /** Where it comes from, for errors. */
  file: string;
}

/** What a template can name: a text, a list of shapes, or names with a shape each. */
export type Shape = 'text' | readonly [Shape] | {readonly [name: string]: Shape};

/** The shape of data of type `T`. */
export type ShapeOf<T> = T extends string
  ? 'text'
  : T extends readonly (infer Item)[]
    ? readonly [ShapeOf<Item>]
    : {readonly [Name in keyof T]-?: ShapeOf<NonNullable<T[Name]>>};

type Sigil = '' | '?' | '^' | '#' | '/' | '!';

type Node = string | {sigil: Exclude<Sigil, '/' | '!'>; name: string; children: Node[]};

interface OpenSection {
  name: string;
  children: Node[];
  /** What names are looked up in, innermost first. */
  scopes: readonly Shape[];
  at: number;
}

const DEEPEST = 50;

const TAG =
  /^[ \t]*\{\{(?<alone>[?^#/!])(?<aloneName>[^{}]*)\}\}[ \t]*(?:\r?\n|(?![\s\S]))|(?<escaped>\\)\{\{|\{\{(?<sigil>[?^#/!]?)(?<name>[^{}]*)\}\}|\{\{/gm;

/**
 * Fill in a template.
 * @throws {MilestoneError} `CONFIG_INVALID` with the place of a tag that cannot be understood.
 */
export function fillTemplate<View extends object>(template: Template, shape: ShapeOf<View>, view: View): string {
  return render(parse(template, shape as Shape), [view]);
}

/**
 * Make sure that a template can be filled in.
 * @throws {MilestoneError} `CONFIG_INVALID`
 */
export function checkTemplate(template: Template, shape: Shape): void {
  parse(template, shape);
}

function parse(template: Template, shape: Shape): Node[] {
  const open: OpenSection[] = [{name: '', children: [], scopes: [shape], at: 0}];
  let end = 0;
  for (const match of template.text.matchAll(TAG)) {
    const {alone, aloneName, escaped, sigil, name} = match.groups as Record<string, string | undefined>;
    open.at(-1)!.children.push(template.text.slice(end, match.index));
    end = match.index + match[0].length;
    if (escaped) open.at(-1)!.children.push('{{');
    else if (sigil === undefined && alone === undefined) throw broken(template, match.index, '`{{` is never closed');
    else addTag(template, open, (alone ?? sigil) as Sigil, (aloneName ?? name ?? '').trim(), match.index);
  }
  const section = open.at(-1) as OpenSection;
  if (open.length > 1) throw broken(template, section.at, `\`${section.name}\` is opened and never closed`);
  section.children.push(template.text.slice(end));
  return section.children;
}

function addTag(template: Template, open: OpenSection[], sigil: Sigil, name: string, at: number): void {
  const section = open.at(-1) as OpenSection;
  if (sigil === '!') return;
  if (sigil === '/') {
    if (open.length === 1 || section.name !== name)
      throw broken(template, at, `\`{{/${name}}}\` closes what is not open`, closingHint(open));
    open.pop();
    return;
  }
  const shape = resolveShape(template, section.scopes, name, at);
  const node: Node = {sigil, name, children: []};
  section.children.push(node);
  if (sigil === '') {
    if (shape !== 'text')
      throw broken(template, at, `\`{{${name}}}\` is no text`, `{{#${name}}} … {{/${name}}} goes into it`);
    return;
  }
  if (sigil === '#' && shape === 'text')
    throw broken(template, at, `\`{{#${name}}}\` is a text`, `{{?${name}}} … {{/${name}}} when there is one`);
  if (open.length > DEEPEST) throw broken(template, at, `sections are nested more than ${DEEPEST} deep`);
  const inner = isList(shape) ? shape[0] : shape;
  const scopes = sigil === '#' ? [inner, ...section.scopes] : section.scopes;
  open.push({name, children: node.children, scopes, at});
}

function closingHint(open: readonly OpenSection[]): string | undefined {
  return open.length === 1 ? undefined : `{{/${open.at(-1)!.name}}} comes first`;
}

function resolveShape(template: Template, scopes: readonly Shape[], name: string, at: number): Shape {
  const shape = name === '.' ? scopes[0] : lookUp<Shape>(scopes, name, hasName);
  if (shape !== undefined) return shape;
  const known = scopes.flatMap(scope => [...namesIn(scope)]);
  throw broken(
    template,
    at,
    `the placeholder \`{{${name}}}\` is not known`,
    didYouMean(name, known) ?? `known are ${scopes.flatMap(scope => topNames(scope)).join(', ')}`,
  );
}

/** The value of a dotted name: its first part is looked up in the innermost scope that has it, the others in that. */
function lookUp<T>(scopes: readonly T[], name: string, has: (scope: T, part: string) => boolean): T | undefined {
  const [first = '', ...rest] = name.split('.');
  const scope = scopes.find(one => has(one, first));
  return [first, ...rest].reduce<T | undefined>(
    (found, part) => (found !== undefined && has(found, part) ? (found as Record<string, T>)[part] : undefined),
    scope,
  );
}

function hasName(scope: unknown, part: string): boolean {
  return typeof scope === 'object' && scope !== null && !Array.isArray(scope) && Object.hasOwn(scope, part);
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function topNames(shape: Shape): string[] {
  return typeof shape === 'string' || isList(shape) ? [] : Object.keys(shape);
}

/** All names that a shape has, with dots; those in a list are of each of its items. */
function* namesIn(shape: Shape, prefix = ''): Generator<string> {
  if (typeof shape === 'string' || isList(shape)) return;
  for (const [name, inner] of Object.entries(shape)) {
    yield `${prefix}${name}`;
    yield* namesIn(inner, `${prefix}${name}.`);
  }
}

/** @param scopes Data, innermost first. */
function render(nodes: readonly Node[], scopes: readonly unknown[]): string {
  return nodes
    .map(node => {
      if (typeof node === 'string') return node;
      const {sigil, name, children} = node;
      const value = name === '.' ? scopes[0] : lookUp<unknown>(scopes, name, hasName);
      if (sigil === '') return typeof value === 'string' ? value : '';
      if (sigil === '?') return isEmpty(value) ? '' : render(children, scopes);
      if (sigil === '^') return isEmpty(value) ? render(children, scopes) : '';
      const items = Array.isArray(value) ? value : isEmpty(value) ? [] : [value];
      return items.map(item => render(children, [item, ...scopes])).join('');
    })
    .join('');
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

function broken(template: Template, at: number, message: string, hint?: string): MilestoneError {
  const before = template.text.slice(0, at).split('\n');
  // A tag that stands alone was matched together with the blanks before it.
  const blanks = /^[ \t]*/.exec(template.text.slice(at))![0].length;
  return new MilestoneError('CONFIG_INVALID', message, {
    hint,
    where: {file: template.file, line: before.length, column: before.at(-1)!.length + blanks + 1},
  });
}
