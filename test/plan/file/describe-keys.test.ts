import {expect, test} from 'vitest';
import {jsonSchema} from '../../../src/plan/file/schema.ts';

/** Paths of all keys of a JSON Schema, with what is said of them. */
function keysOf(node: unknown, place: string): Array<[path: string, description: unknown]> {
  if (typeof node !== 'object' || node === null) return [];
  const {properties = {}, ...others} = node as {properties?: Record<string, {description?: unknown}>};
  return [
    ...Object.entries(properties).flatMap(([key, value]) => [
      [`${place}.${key}`, value.description] as [string, unknown],
      ...keysOf(value, `${place}.${key}`),
    ]),
    ...Object.values(others).flatMap(other => keysOf(other, place)),
  ];
}

test.each(['milestone', 'config'] as const)('the schema of %s says of every key what it means', of => {
  const keys = keysOf(jsonSchema(of), of);
  expect(keys.length).toBeGreaterThan(50);
  expect(keys.filter(([, said]) => typeof said !== 'string' || said.length < 10)).toEqual([]);
  // Not only how a value is written.
  expect(keys.filter(([, said]) => String(said).startsWith('A number and a unit'))).toEqual([]);
});

test('a word that means two things is described by where it stands', () => {
  const said = new Map(keysOf(jsonSchema('milestone'), ''));
  expect(said.get('.settings.base')).toContain('starts from');
  expect(said.get('.execution.base')).toContain('started from');
  expect(said.get('.settings.timeout')).toMatch(/^Time for an attempt.*A number and a unit/);
});
