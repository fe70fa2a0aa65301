// The plan of the house (docs/architecture.md), held by a test: what a folder may know of the others.

import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import {describe, expect, test} from 'vitest';

const SRC = path.resolve(import.meta.dirname, '../../src');

/** Rooms from the lowest floor to the highest; an import goes down, or stays in its room. */
const FLOORS = [
  ['errors.ts'],
  ['platform'],
  ['plan'],
  ['events'],
  ['state'],
  ['git', 'drivers'],
  ['scheduler'],
  ['lock'],
  ['workspace'],
  ['workers'],
  ['prompts'],
  ['projections'],
  ['milestone'],
  ['reports'],
  ['terminal'],
  ['page'],
  ['notify'],
  ['documents'],
  ['execution'],
  ['attempt'],
  ['merge-queue'],
  ['agents'],
  ['requests'],
  ['engine'],
  ['doctor', 'landing', 'web', 'worker'],
  ['cli'],
];
const AGENTS = [
  'task-executor',
  'git-integration',
  'progress-monitor',
  'kiro-coordinator',
  'dependency-validator',
  'blocker-detector',
  'session-manager',
].map(name => `agents/${name}.ts`);
const MOST_FILES = 25;

interface Import {
  /** Relative to `src`, or the name of a package. */
  of: string;
  isType: boolean;
}

const imports = new Map(filesBelow(SRC).map(file => [path.relative(SRC, file), importsOf(file)]));
const edges = [...imports].flatMap(([file, all]) => all.map(one => ({file, ...one})));
const inner = edges.filter(({of}) => imports.has(of));

describe('imports', () => {
  test('every folder is a room with a floor', () => {
    expect([...new Set([...imports.keys()].map(roomOf))].sort()).toEqual(FLOORS.flat().sort());
  });

  test('go down a floor, or stay in their room', () => {
    const floorOf = new Map(FLOORS.flatMap((rooms, floor) => rooms.map(room => [room, floor] as const)));
    const floor = (file: string) => floorOf.get(roomOf(file)) as number;
    expect(inner.filter(({file, of}) => roomOf(file) !== roomOf(of) && floor(of) >= floor(file))).toEqual([]);
  });

  test('make no circle, those of types included', () => {
    expect(circle()).toEqual([]);
  });

  test('`yaml` and `zod` stay where plans are read', () => {
    const libraries = edges.filter(({of}) => /^(?:yaml|zod)(?:\/|$)/.test(of));
    expect(libraries.filter(({file}) => !file.startsWith('plan/file/'))).toEqual([]);
    expect(libraries.length).toBeGreaterThan(0);
  });

  test('pure rooms know neither the system nor, but for its types, the platform', () => {
    const isPure = (file: string) =>
      ['plan', 'state', 'scheduler'].includes(roomOf(file)) && !file.startsWith('plan/file/');
    const isImpure = ({of, isType}: Import) => of.startsWith('node:') || (roomOf(of) === 'platform' && !isType);
    expect(edges.filter(edge => isPure(edge.file) && isImpure(edge))).toEqual([]);
  });

  test('processes are started in one room', () => {
    const starting = edges.filter(({of}) => of === 'node:child_process');
    expect(starting.filter(({file}) => !file.startsWith('platform/processes/'))).toEqual([]);
  });

  test('no agent knows another, reports have no colours, and only what stands above it knows the engine', () => {
    expect(AGENTS.filter(agent => !imports.has(agent))).toEqual([]);
    expect(inner.filter(({file, of}) => AGENTS.includes(file) && AGENTS.includes(of))).toEqual([]);
    expect(edges.filter(({file, of}) => roomOf(file) === 'reports' && of === 'chalk')).toEqual([]);
    const above = ['engine', 'doctor', 'landing', 'cli'];
    expect(inner.filter(({file, of}) => roomOf(of) === 'engine' && !above.includes(roomOf(file)))).toEqual([]);
  });
});

test('a folder has at most 25 files, or is divided', () => {
  const counts = new Map<string, number>();
  for (const file of imports.keys()) counts.set(path.dirname(file), (counts.get(path.dirname(file)) ?? 0) + 1);
  expect([...counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
});

function roomOf(file: string): string {
  return file.split('/')[0] as string;
}

function filesBelow(folder: string): string[] {
  const entries = fs.readdirSync(folder, {withFileTypes: true, recursive: true});
  return entries.filter(entry => entry.isFile()).map(({parentPath, name}) => path.join(parentPath, name));
}

/** Every import of a module: static, dynamic, and of types. */
function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isType: boolean) => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const {text} = specifier;
    const of = text.startsWith('.') ? path.relative(SRC, path.resolve(path.dirname(file), text)) : text;
    found.push({of, isType});
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly ?? false);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The first circle that a walk through the imports meets. */
function circle(): string[] {
  const done = new Set<string>();
  const walk = (file: string, above: readonly string[]): string[] => {
    if (above.includes(file)) return [...above.slice(above.indexOf(file)), file];
    if (done.has(file)) return [];
    done.add(file);
    for (const {of} of imports.get(file) ?? []) {
      const found = imports.has(of) ? walk(of, [...above, file]) : [];
      if (found.length > 0) return found;
    }
    return [];
  };
  for (const file of imports.keys()) {
    const found = walk(file, []);
    if (found.length > 0) return found;
  }
  return [];
}
