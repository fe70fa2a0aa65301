import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {fillTemplate} from '../../src/prompts/template.ts';

const TEXTS = {title: 'Outer', note: '', 'owner.name': 'Ada', owner: 'Ada\nLovelace\n\n', checks: '- a\n- b\n\n'};

function fill(text: string, texts: Partial<typeof TEXTS> = {}): string {
  return fillTemplate({text, file: 'own.md'}, {...TEXTS, ...texts});
}

describe('what a template says', () => {
  test.each<[string, string, string]>([
    ['texts', '{{title}}, {{ owner.name }}', 'Outer, Ada'],
    ['nothing for an empty one', 'a{{note}}b', 'ab'],
    ['a part within a line, without the empty line behind it', 'First {{checks}}!', 'First - a\n- b!'],
    ['a part on a line of its own, with its empty line', 'A\n  {{checks}}  \nB', 'A\n- a\n- b\n\nB'],
    ['a part at the end', 'A\n{{checks}}', 'A\n- a\n- b\n\n'],
    ['a text on a line of its own, which stays one', 'A\r\n  {{title}} \r\nB', 'A\r\n  Outer \r\nB'],
    ['no line for an empty one', 'A\n{{note}}\nB\r\n{{note}}\r\nC', 'A\nB\r\nC'],
    ['braces, and shell variables', 'run: \\{{ env }} $HOME {a} }}', 'run: {{ env }} $HOME {a} }}'],
  ])('%s', (_, text, expected) => {
    expect(fill(text)).toBe(expected);
  });
});

describe('what cannot be understood', () => {
  const known = 'known are title, note, owner.name, owner, checks';
  const none = `write a name alone on its line: it is left out where there is nothing; ${known}`;
  test.each<[string, string, string, string | undefined, number, number]>([
    ['a misspelt name', 'a\n  {{titel}}', '`{{titel}}` is not known', 'did you mean `title`?', 2, 3],
    ['a part of what is one text', '{{checks.name}}', 'is not known', `\`{{checks}}\` has all of it; ${known}`, 1, 1],
    ['nothing like it', '{{zzzzzzzz}}', 'is not known', known, 1, 1],
    ['an empty name', 'x {{ }}', '`{{}}` is not known', known, 1, 3],
    ['a name that objects have', '{{constructor}}', '`{{constructor}}` is not known', known, 1, 1],
    ['braces that stay open', 'x {{title', '`{{` is never closed', undefined, 1, 3],
    ['a section', 'a\n {{#checks}}\n- x', '`{{#checks}}`: a prompt has no sections', none, 2, 2],
    ['a condition', '{{?note}}x{{/note}}', '`{{?note}}`: a prompt has no sections', none, 1, 1],
    ['its opposite', 'a {{^note}}x', '`{{^note}}`: a prompt has no sections', none, 1, 3],
    ['its end', 'x{{/note}}', '`{{/note}}`: a prompt has no sections', none, 1, 2],
    ['a note', '{{! of mine }}', '`{{! of mine}}`: a prompt has no sections', none, 1, 1],
  ])('%s', (_, text, message, hint, line, column) => {
    expect(() => fill(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(message),
        where: {file: 'own.md', line, column},
        hint,
      }),
    );
  });
});

test('data is never taken for a name', () => {
  const data = fc.oneof(
    fc.string({unit: 'grapheme'}),
    fc.constantFrom('{{title}}', '{{#tags}}', '\\{{', '}}', '{{', '$1', '$&', '{{!', '\n{{note}}\n'),
  );
  fc.assert(
    fc.property(data, data, (title, name) => {
      const texts = {title: `${title}.`, 'owner.name': `${name}.`};
      expect(fill('[{{title}}]\n{{owner.name}}\n', texts)).toBe(`[${title}.]\n${name}.\n`);
    }),
  );
});

test('any text is filled in or refused with its place, never anything else', () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom('{{', '}}', '{{#', '{{/', 'title', '\n', ' ', '\\', '{{title}}'));
  fc.assert(
    fc.property(fc.array(piece), pieces => {
      try {
        expect(typeof fill(pieces.join(''))).toBe('string');
      } catch (error) {
        expect(error).toMatchObject({code: 'CONFIG_INVALID', where: {line: expect.any(Number)}});
      }
    }),
  );
});
