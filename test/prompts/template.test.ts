import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {fillTemplate, type ShapeOf} from '../../src/prompts/template.ts';

interface View {
  title: string;
  note: string;
  tags: string[];
  steps: Array<{title: string; files: string[]}>;
  owner: {name: string} | undefined;
}

const SHAPE: ShapeOf<View> = {
  title: 'text',
  note: 'text',
  tags: ['text'],
  steps: [{title: 'text', files: ['text']}],
  owner: {name: 'text'},
};

const VIEW: View = {
  title: 'Outer',
  note: '',
  tags: ['a', 'b'],
  steps: [
    {title: 'One', files: ['x']},
    {title: 'Two', files: []},
  ],
  owner: {name: 'Ada'},
};

function fill(text: string, view: Partial<View> = {}): string {
  return fillTemplate<View>({text, file: 'own.md'}, SHAPE, {...VIEW, ...view});
}

describe('what a template says', () => {
  test.each<[string, string, string]>([
    ['a text', '{{title}}, {{ owner.name }}', 'Outer, Ada'],
    ['when there is any', '{{?tags}}some{{/tags}}{{?note}}note{{/note}}{{?owner}}owned{{/owner}}', 'someowned'],
    ['when there is none', '{{^tags}}none{{/tags}}{{^note}}no note{{/note}}', 'no note'],
    ['for each text', '{{#tags}}<{{.}}>{{/tags}}', '<a><b>'],
    ['for each item, whose names come first', '{{#steps}}{{title}}{{#files}} {{.}}{{/files}};{{/steps}}', 'One x;Two;'],
    ['names further out are known inside', '{{#tags}}{{title}}{{.}} {{/tags}}', 'Outera Outerb '],
    ['into one thing', '{{#owner}}{{name}}{{/owner}}', 'Ada'],
    ['a note is left out', 'a{{! nothing of this }}b', 'ab'],
    ['braces, and shell variables', 'run: \\{{ env }} $HOME {a} }}', 'run: {{ env }} $HOME {a} }}'],
    ['a section within itself', '{{?tags}}{{#tags}}{{.}}{{/tags}}!{{/tags}}', 'ab!'],
  ])('%s', (_, text, expected) => {
    expect(fill(text)).toBe(expected);
  });

  test('a line with nothing but a section tag leaves no line behind', () => {
    expect(fill('Tags:\n  {{#tags}}  \n- {{.}}\n{{/tags}}\n{{! end }}\nDone\r\n{{?note}}\r\nnote\r\n{{/note}}')).toBe(
      'Tags:\n- a\n- b\nDone\r\n',
    );
    expect(fill('{{title}}\n')).toBe('Outer\n');
  });

  test('what is missing further in is not looked up further out', () => {
    expect(fill('{{#owner}}x{{/owner}}{{owner.name}}', {owner: undefined})).toBe('');
  });
});

describe('what cannot be understood', () => {
  test.each<[string, string, string, string | undefined, number, number]>([
    ['a misspelt name', 'a\n  {{titel}}', '`{{titel}}` is not known', 'did you mean `title`?', 2, 3],
    ['a misspelt name in a section', '{{#steps}}{{titel}}{{/steps}}', 'is not known', 'did you mean `title`?', 1, 11],
    ['a misspelt part', '{{owner.nme}}', '`{{owner.nme}}` is not known', 'did you mean `owner.name`?', 1, 1],
    ['nothing like it', '{{zzzzzzzz}}', 'is not known', 'known are title, note, tags, steps, owner', 1, 1],
    ['a name of an inner thing, outside of it', '{{files}}', '`{{files}}` is not known', undefined, 1, 1],
    ['a list as text', '{{tags}}', 'is no text', '{{#tags}} … {{/tags}} goes into it', 1, 1],
    ['a text as list', '{{#title}}x{{/title}}', 'is a text', '{{?title}} … {{/title}} when there is one', 1, 1],
    ['an item that is no text', '{{#steps}}{{.}}{{/steps}}', '`{{.}}` is no text', undefined, 1, 11],
    ['a section that stays open', 'a\n {{#tags}}\nb', '`tags` is opened and never closed', undefined, 2, 2],
    ['a section closed too early', '{{?tags}}{{?note}}{{/tags}}', '`{{/tags}}` closes', '{{/note}} comes first', 1, 19],
    ['a section closed and never opened', '{{/tags}}', '`{{/tags}}` closes what is not open', undefined, 1, 1],
    ['braces that stay open', 'x {{title', '`{{` is never closed', undefined, 1, 3],
    ['sections in sections without end', '{{?note}}'.repeat(60), 'nested more than 50 deep', undefined, 1, 451],
    ['an empty name', 'x {{ }}', '`{{}}` is not known', undefined, 1, 3],
    ['a name that objects have', '{{constructor}}', '`{{constructor}}` is not known', undefined, 1, 1],
    ['a part of a text', '{{title.length}}', '`{{title.length}}` is not known', undefined, 1, 1],
  ])('%s', (_, text, message, hint, line, column) => {
    expect(() => fill(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(message),
        where: {file: 'own.md', line, column},
        ...(hint !== undefined && {hint}),
      }),
    );
  });

  test('is found whatever the data: also in a part that is left out', () => {
    expect(() => fill('{{?note}}{{#steps}}{{tilte}}{{/steps}}{{/note}}', {steps: []})).toThrow(
      /`{{tilte}}` is not known/,
    );
  });
});

test('data is never taken for a tag', () => {
  const data = fc.oneof(
    fc.string({unit: 'grapheme'}),
    fc.constantFrom('{{title}}', '{{#tags}}', '{{/steps}}', '\\{{', '}}', '{{', '$1', '$&', '{{!', '\n{{/tags}}\n'),
  );
  fc.assert(
    fc.property(data, fc.array(data), (title, tags) => {
      expect(fill('[{{title}}]{{#tags}}<{{.}}>{{/tags}}', {title, tags})).toBe(
        `[${title}]${tags.map(tag => `<${tag}>`).join('')}`,
      );
    }),
  );
});

test('any text is filled in or refused with its place, never anything else', () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom('{{', '}}', '{{#', '{{/', 'tags', '\n', ' ', '\\', '{{title}}'));
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
