// The parts of docs/reference.md that follow from the source, as Markdown tables.

import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Command} from 'commander';
import ts from 'typescript';
import {EXIT_CODES} from '../../src/errors.ts';
import type {JsonSchema} from '../../src/plan/file/describe-keys.ts';
import {jsonSchema, milestoneStateShape, taskStateShape} from '../../src/plan/file/schema.ts';
import {TASK_SETTINGS} from '../../src/plan/settings.ts';
import {BLOCKER_KINDS} from '../../src/state/blockers.ts';

const {settings, tasks, kiro_configuration, ...ofMilestone} = jsonSchema('milestone').properties!;
const {kiro_workflow, ...ofTask} = (tasks!.items as JsonSchema).properties!;

/** Every setting; `*`: also of a task. */
export function settingsTable(): string {
  return keyTable(leavesOf(settings!), key => (TASK_SETTINGS as string[]).includes(key.split('.')[0]!));
}

export function milestoneTable(): string {
  const state = Object.keys(milestoneStateShape);
  const keys = Object.entries(ofMilestone).filter(([key]) => !state.includes(key));
  return keyTable([
    ...keys.flatMap(([key, schema]) => leavesOf(schema, key)),
    ...leavesOf(kiro_configuration!, 'kiro_configuration'),
  ]);
}

export function taskTable(): string {
  const others = [...Object.keys(taskStateShape), ...TASK_SETTINGS] as string[];
  const keys = Object.entries(ofTask).filter(([key]) => !others.includes(key));
  const workflow: Key[] = [['kiro_workflow.enabled', kiro_workflow!.properties!.enabled!]];
  return keyTable([...keys.flatMap(([key, schema]) => leavesOf(schema, key)), ...workflow]);
}

export function phaseTable(): string {
  const {design} = kiro_workflow!.properties!.phases!.properties!;
  const keys = leavesOf(design!).filter(([key]) => !['status', 'started_at', 'completed_at'].includes(key));
  return keyTable(keys);
}

/** What else config.yaml has. */
export function configTable(): string {
  const {settings: _, ...others} = jsonSchema('config').properties!;
  return keyTable(Object.entries(others).flatMap(([key, schema]) => leavesOf(schema, key)));
}

type Key = [path: string, schema: JsonSchema];

/** The keys that have a value, with their paths; `<name>` stands for a key that a person chooses. */
function leavesOf(schema: JsonSchema, path = ''): Key[] {
  const inner = (key: string) => (path === '' ? key : `${path}.${key}`);
  const items = schema.items as JsonSchema | undefined;
  if (items?.properties) return leavesOf(items, `${path}[]`);
  const named = schema.additionalProperties as JsonSchema | undefined;
  if (named?.properties) return leavesOf(named, inner('<name>'));
  const keys = Object.entries(schema.properties ?? {});
  if (keys.length === 0) return [[path, schema]];
  const [[, one]] = keys as [Key];
  // The same under each: one stands for all.
  const isAlike = ([, {properties}]: Key) => JSON.stringify(properties) === JSON.stringify(one.properties);
  if (keys.length < 3 || !one.properties || !keys.every(isAlike))
    return keys.flatMap(([key, value]) => leavesOf(value, inner(key)));
  const names = keys.map(([key]) => `\`${key}\``).join(', ');
  const [[first, leaf], ...others] = leavesOf(one, inner('<name>')) as [Key, ...Key[]];
  return [[first, {...leaf, description: `${leaf.description} Names: ${names}.`}], ...others];
}

function keyTable(keys: readonly Key[], isMarked: (key: string) => boolean = () => false): string {
  const hasDefaults = keys.some(([, schema]) => defaultOf(schema) !== '');
  const row = ([key, schema]: Key) => [
    `\`${key}\`${isMarked(key) ? ' *' : ''}`,
    kindOf(schema),
    ...(hasDefaults ? [defaultOf(schema)] : []),
    (schema.description ?? '').replace(' A number and a unit, such as 500ms, 90s, 15m, 2h.', ''),
  ];
  return table(['key', 'value', ...(hasDefaults ? ['default'] : []), 'meaning'], keys.map(row));
}

function kindOf({enum: values, anyOf, type, items, pattern, minimum, maximum}: JsonSchema): string {
  if (Array.isArray(anyOf)) return anyOf.map(kindOf).join(' or ');
  if (Array.isArray(values)) return values.map(value => `\`${value}\``).join(', ');
  if (type === 'array') return `list of ${kindOf(items as JsonSchema)}s`;
  if (type === 'object') return 'map';
  if (type === 'integer')
    return typeof maximum === 'number' && maximum < 1e6 ? `${minimum} to ${maximum}` : `whole number from ${minimum}`;
  if (type === 'string') return pattern === undefined ? 'text' : String(pattern).includes('ms|s|m|h') ? 'time' : 'id';
  return String(type);
}

function defaultOf(schema: JsonSchema): string {
  const {default: value} = schema;
  if (value === undefined || JSON.stringify(value).length === 2) return '';
  if (Array.isArray(value) && value.length > 3) return `\`${value[0]}\` and ${value.length - 1} more`;
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

/** Every event with the keys of its details; `?`: not always there. */
export function eventsTable(): string {
  return table(
    ['event', 'details'],
    eventDetails().map(([name, keys]) => [`\`${name}\``, keys.map(key => `\`${key}\``).join(', ')]),
  );
}

/** As they stand in the interfaces that `EventDetails` joins. */
function eventDetails(): Array<[name: string, keys: string[]]> {
  const folder = fileURLToPath(new URL('../../src/events/', import.meta.url));
  const [joined] = interfacesOf(path.join(folder, 'event.ts'));
  const groups = fs
    .readdirSync(path.join(folder, 'details'))
    .flatMap(file => interfacesOf(path.join(folder, 'details', file)));
  const names = joined?.heritageClauses?.flatMap(({types}) =>
    types.map(({expression}) => (expression as ts.Identifier).text),
  );
  const members = (names ?? []).flatMap(wanted => groups.find(({name}) => name.text === wanted)?.members ?? []);
  return members.filter(ts.isPropertySignature).map(({name, type}) => {
    const members = type && ts.isTypeLiteralNode(type) ? type.members.filter(ts.isPropertySignature) : [];
    return [textOf(name), members.map(member => `${textOf(member.name)}${member.questionToken ? '?' : ''}`)];
  });
}

function interfacesOf(file: string): ts.InterfaceDeclaration[] {
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.filter(ts.isInterfaceDeclaration);
}

function textOf(name: ts.PropertyName): string {
  return (name as ts.Identifier | ts.StringLiteral).text;
}

/** The codes of errors by the exit code that they end with. */
export function errorsTable(): string {
  const exits = [...new Set(Object.values(EXIT_CODES))];
  return table(
    ['exit', '`error.code`'],
    exits.map(exit => [
      String(exit),
      Object.entries(EXIT_CODES)
        .flatMap(([code, of]) => (of === exit ? [`\`${code}\``] : []))
        .join(', '),
    ]),
  );
}

export function blockersTable(): string {
  return table(
    ['type', 'who has to act', 'clears'],
    Object.entries(BLOCKER_KINDS).map(([type, {who, clears}]) => [`\`${type}\``, who, clears]),
  );
}

/** Every command with its options, subcommands too. */
export function commandsText(program: Command): string {
  return allCommands(program).map(commandText).join('\n\n');
}

function allCommands(program: Command): Command[] {
  return program.commands.flatMap(command => (command.commands.length > 0 ? allCommands(command) : [command]));
}

/** Of so many commands that they are told once. */
const OF_MANY: ReadonlyArray<string | undefined> = ['--json', '--milestone'];

function commandText(command: Command): string {
  const usage = command.usage().replace(/^\[options\] ?/, '');
  const options = command.options.filter(({hidden, long}) => !hidden && !OF_MANY.includes(long));
  const lines = options.map(({flags, description, argChoices, defaultValue, defaultValueDescription}) => {
    const choices = argChoices && !/:/.test(description) ? ` (${argChoices.join(', ')})` : '';
    const value = defaultValueDescription ?? defaultValue;
    const byDefault = value === undefined || value === true ? '' : `; default ${value}`;
    return `- \`${flags}\`: ${description}${choices}${byDefault}`;
  });
  return [
    `**\`${fullName(command)}${usage === '' ? '' : ` ${usage}`}\`** ${command.description()}`,
    ...(lines.length > 0 ? ['', ...lines] : []),
  ].join('\n');
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
