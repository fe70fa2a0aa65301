import {Lexer, type Token, type TokensList} from 'marked';

/**
 * Characters that are read, by how long the text is that they stand in: the library's rules look at some texts again
 * and again, and what a document says must not hold up a page. Measured: a second, at worst.
 */
const MOST_WORK = 2e8;
const LONGEST_INLINE = 4_000;
const BLOCK_COST = 32;
const DEEPEST = 40;

/** The parts of a Markdown text. What would take too long to understand is plain text. */
export function markdownTokens(text: string): Token[] {
  return new BoundedLexer({gfm: true}).lex(text);
}

class BoundedLexer extends Lexer {
  #work = 0;
  #depth = 0;

  override blockTokens(src: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[];
  override blockTokens(src: string, tokens?: TokensList, lastParagraphClipped?: boolean): TokensList;
  override blockTokens(src: string, tokens: Token[] = [], lastParagraphClipped?: boolean): Token[] {
    const plain = this.#bounded(src, tokens, src.length * BLOCK_COST, () =>
      super.blockTokens(src, tokens, lastParagraphClipped),
    );
    return plain;
  }

  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    if (src.length > LONGEST_INLINE) return plainText(src, tokens);
    return this.#bounded(src, tokens, src.length ** 2, () => super.inlineTokens(src, tokens));
  }

  #bounded(src: string, tokens: Token[], cost: number, read: () => Token[]): Token[] {
    this.#work += cost;
    if (this.#work > MOST_WORK || this.#depth >= DEEPEST) return plainText(src, tokens);
    this.#depth++;
    try {
      return read();
    } finally {
      this.#depth--;
    }
  }
}

function plainText(text: string, tokens: Token[]): Token[] {
  tokens.push({type: 'text', raw: text, text});
  return tokens;
}
