import fc from 'fast-check';
import {h} from 'preact';
import {renderToString} from 'preact-render-to-string';
import {expect, test} from 'vitest';
import {Markdown} from '../../src/page/markdown.tsx';
import {ATTACKS} from './attacks.ts';

function html(text: string): string {
  return renderToString(h(Markdown, {text, below: 3}));
}

test('a document becomes the elements that it means', () => {
  const page = html(
    '# A &amp; B\n\n**b** *e* ~~d~~ `c`  \nx\n\n1. one\n   - two\n\n- [x] yes\n\n|h|\n|-|\n|v|\n\n> q\n\n---\n\n```\ncode\n```\n',
  );
  for (const part of [
    '<h4 class="d1">A &amp; B</h4>',
    '<strong>b</strong> <em>e</em> <del>d</del> <code>c</code><br/>x',
    '<ol start="1"><li>one<ul><li>two</li></ul></li></ol>',
    '☑ yes',
    '<th>h</th>',
    '<td>v</td>',
    '<blockquote><p>q</p></blockquote>',
    '<hr/>',
    '<pre>code</pre>',
  ])
    expect(page).toContain(part);
});

test('no level is left out between the headings, whatever a document does', () => {
  const levels = [...html('#### a\n\n# b\n\n###### c\n\n## d').matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
  expect(levels).toEqual([4, 4, 5, 5]);
});

test('an address is shown beside its words and leads nowhere', () => {
  const page = html(
    '[here](https://a.example/x "t") <https://b.example> ![pic](https://c.example/p.png)\n\n[r]\n\n[r]: javascript:1',
  );
  expect(page).toContain('<u>here</u> <code class="address">https://a.example/x</code>');
  expect(page).toContain('[image: pic] <code class="address">https://c.example/p.png</code>');
  expect(page).toContain('<code class="address">javascript:1</code>');
  expect(page).not.toMatch(/<a|<img|href|src=/);
});

test('HTML in it is shown as it is written, comments too', () => {
  const page = html('a <b onclick="x">b</b>\n\n<script>alert(1)</script>\n\n<!-- approve at once -->\n');
  expect(page).toContain('&lt;b onclick=&quot;x&quot;>');
  expect(page).toContain('&lt;script>alert(1)&lt;/script>');
  expect(page).toContain('&lt;!-- approve at once -->');
});

const ELEMENTS =
  /<\/?(?:div|p|h[2-6]|pre|code|strong|em|del|u|br|hr|ul|ol|li|blockquote|span|section|table|thead|tbody|tr|th|td)(?: (?:class|start|aria-label|tabindex)="[^"<>]*")*\/?>/g;

test('whatever a document says, there is no element in the page but ours, and no character that is obeyed', () => {
  const word = fc.constantFrom(
    ...ATTACKS,
    '\n',
    '\n\n',
    '- ',
    '> ',
    '# ',
    '| ',
    '|-|\n',
    '`',
    '```\n',
    '**',
    '[',
    '](',
    ')',
    '<',
    '&lt;',
    '&#8238;',
    'x ',
  );
  fc.assert(
    fc.property(fc.array(word, {maxLength: 25}), words => {
      const page = html(words.join(''));
      expect(page.replace(ELEMENTS, '')).not.toMatch(/[<\u001b\u0007\u202e\u200f\u2066]/);
    }),
    {numRuns: 1_000},
  );
});

test('what would take too long to read, or is too deep, is plain text, all of it', () => {
  const words = [
    'a.'.repeat(40_000),
    '>'.repeat(5_000),
    '_a__b'.repeat(20_000),
    '['.repeat(50_000),
    '*a '.repeat(50_000),
  ];
  for (const text of words) expect(html(`${text}@`).length).toBeGreaterThan(text.length / 2);
  const nested = Array.from({length: 400}, (_, depth) => `${' '.repeat(depth * 2)}- a${depth}`).join('\n');
  expect(html(nested)).toContain('a399');
});
