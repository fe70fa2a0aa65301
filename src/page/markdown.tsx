// Markdown of others as elements of ours. There is no way from a document to markup: its parts become elements that are
// named here, and all its words text.
//
//   M1. HTML in it is shown as it is written, comments too: nothing hides from whoever approves it.
//   M2. Addresses are shown beside their words and lead nowhere: a page asks nobody and takes nobody elsewhere.

import type {Token, Tokens} from 'marked';
import type {ComponentChildren} from 'preact';
import {markdownTokens} from './markdown-lexer.ts';
import {shown, shownLines} from './text.ts';
import {Wide} from './wide.tsx';

interface Props {
  text: string;
  /** Level of the heading that it stands below. */
  below: number;
}

/** A document as it reads. */
export function Markdown({text, below}: Props) {
  return <div class="prose">{blocks(markdownTokens(text), new Headings(below))}</div>;
}

/** Levels of headings, none left out between one and the next, whatever a document does. */
class Headings {
  #last: number;

  constructor(readonly below: number) {
    this.#last = below;
  }

  of(depth: number): 'h2' | 'h3' | 'h4' | 'h5' | 'h6' {
    this.#last = Math.min(this.#last + 1, this.below + depth, 6);
    return `h${Math.max(this.#last, 2)}` as 'h2';
  }
}

function blocks(tokens: readonly Token[], headings: Headings): ComponentChildren[] {
  return tokens.map((token, place) => <Block key={String(place)} token={token as Block} headings={headings} />);
}

type Block =
  | Tokens.Heading
  | Tokens.Paragraph
  | Tokens.Code
  | Tokens.Blockquote
  | Tokens.List
  | Tokens.Table
  | Tokens.Hr
  | Tokens.Space
  | Tokens.Def
  | Tokens.HTML
  | Tokens.Checkbox
  | Tokens.Text;

function Block({token, headings}: {token: Block; headings: Headings}): ComponentChildren {
  switch (token.type) {
    case 'heading': {
      const Level = headings.of(token.depth);
      return <Level class={`d${token.depth}`}>{inline(token.tokens)}</Level>;
    }
    case 'paragraph':
      return <p>{inline(token.tokens)}</p>;
    case 'code':
      return <pre>{shownLines(token.text)}</pre>;
    case 'blockquote':
      return <blockquote>{blocks(token.tokens ?? [], headings)}</blockquote>;
    case 'list':
      return <List list={token as Tokens.List} headings={headings} />;
    case 'table':
      return <Table table={token as Tokens.Table} />;
    case 'hr':
      return <hr />;
    case 'space':
      return null;
    case 'checkbox':
      return token.checked ? '☑ ' : '☐ ';
    case 'text':
      return 'tokens' in token && token.tokens ? inline(token.tokens) : <span class="plain">{words(token.text)}</span>;
    default:
      return <pre>{shownLines(token.raw.trimEnd())}</pre>;
  }
}

function List({list: {ordered, start, items}, headings}: {list: Tokens.List; headings: Headings}) {
  const entries = items.map((item, place) => <li key={String(place)}>{blocks(item.tokens, headings)}</li>);
  return ordered ? <ol start={start === '' ? 1 : start}>{entries}</ol> : <ul>{entries}</ul>;
}

function Table({table: {header, rows}}: {table: Tokens.Table}) {
  return (
    <Wide name="Table of the document">
      <table>
        <thead>
          <tr>
            {header.map(({tokens}, place) => (
              <th key={String(place)}>{inline(tokens)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, line) => (
            <tr key={String(line)}>
              {row.map(({tokens}, place) => (
                <td key={String(place)}>{inline(tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

function inline(tokens: readonly Token[] | undefined): ComponentChildren[] {
  return (tokens ?? []).map((token, place) => <Inline key={String(place)} token={token as Inline} />);
}

type Inline =
  | Tokens.Strong
  | Tokens.Em
  | Tokens.Del
  | Tokens.Codespan
  | Tokens.Br
  | Tokens.Link
  | Tokens.Image
  | Tokens.Escape
  | Tokens.Tag
  | Tokens.Checkbox
  | Tokens.Text;

function Inline({token}: {token: Inline}): ComponentChildren {
  switch (token.type) {
    case 'strong':
      return <strong>{inline(token.tokens)}</strong>;
    case 'em':
      return <em>{inline(token.tokens)}</em>;
    case 'del':
      return <del>{inline(token.tokens)}</del>;
    case 'codespan':
      return <code>{shown(token.text)}</code>;
    case 'br':
      return <br />;
    case 'link':
      return <Link link={token} />;
    case 'image':
      return (
        <>
          {`[image: ${words(token.text)}] `}
          <Address of={token.href} />
        </>
      );
    case 'escape':
    case 'text':
      return words(token.text);
    case 'checkbox':
      return token.checked ? '☑ ' : '☐ ';
    default:
      return <code>{shownLines(token.raw)}</code>;
  }
}

function Link({link: {href, text, tokens}}: {link: Tokens.Link | Tokens.Image}) {
  const isAddress = href === text || href === `mailto:${text}`;
  return (
    <>
      {isAddress || <u>{inline(tokens)}</u>}
      {isAddress || ' '}
      <Address of={href} />
    </>
  );
}

function Address({of}: {of: string}) {
  return <code class="address">{shown(of)}</code>;
}

const ENTITIES: Record<string, string> = {amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' '};

/** Words as they are meant; those by name that nearly every document means. */
function words(text: string): string {
  return shownLines(text.replace(/&(amp|lt|gt|quot|apos|nbsp);/g, (_, name) => ENTITIES[name] as string));
}
