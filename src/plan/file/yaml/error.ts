// What a person can do about a text that is no YAML. The library says what it met; what was meant shows in the line.

import type {YAMLError} from 'yaml';

/** A finding about the syntax, in words, with the offset that a caret goes under. */
export interface YamlFinding {
  message: string;
  offset: number;
  hint?: string;
}

interface Line {
  text: string;
  /** Offset of its first character. */
  start: number;
}

/** Characters that mean something at the beginning of a value. */
const INDICATORS = /^[@`%*&!|>[\]{},?"'-]/;
const KEY_AND_VALUE = /^\s*(?:- +)*([^\s:#"'[{][^:]*?|"[^"]*"|'[^']*'):[ \t]+(\S.*)$/;
const ENTRY = /^\s*(?:- +)+(\S.*)$/;
/** So that a hint stays a hint. */
const LONGEST_QUOTED = 60;

/** The finding of the library, for a person. */
export function explainYamlError(error: Pick<YAMLError, 'code' | 'message' | 'pos'>, text: string): YamlFinding {
  const [offset] = error.pos;
  const known = EXPLAIN[error.code]?.(text, offset, error.message);
  if (known) return known;
  const hint = hintToQuote(lineAt(text, offset));
  return {message: lowerFirst(error.message), offset, ...(hint !== undefined && {hint})};
}

/** How to write a value that begins with `*` and is no alias. */
export function hintForAlias(text: string, offset: number): string | undefined {
  return isInFlow(lineAt(text, offset), offset)
    ? `put it in quotes: \`${quoted(flowEntry(text, offset))}\``
    : hintToQuote(lineAt(text, offset));
}

const EXPLAIN: {[code: string]: (text: string, offset: number, message: string) => YamlFinding | undefined} = {
  TAB_AS_INDENT: (_, offset) => ({
    message: 'tabs are not allowed as indentation',
    offset,
    hint: 'indent with spaces',
  }),

  MULTIPLE_DOCS: (_, offset) => ({
    message: '`---` begins another document, and a file has one',
    offset,
    hint: 'put what follows in a file of its own',
  }),

  BAD_SCALAR_START(text, offset, message) {
    const line = lineAt(text, offset);
    const inFlow = isInFlow(line, offset);
    const hint = inFlow ? `put it in quotes: \`${quoted(flowEntry(text, offset))}\`` : hintToQuote(line);
    return {message: lowerFirst(message), offset, ...(hint !== undefined && {hint})};
  },

  /** `title: Fix: the bug`, or a key that is further in than the one above it. */
  BLOCK_AS_IMPLICIT_KEY(text, offset) {
    const line = lineAt(text, offset);
    const value = valueIn(line);
    if (value !== undefined && /:(?:\s|$)/.test(withoutComment(value)))
      return {
        message: 'a value that has a colon with a space behind it needs quotes',
        offset,
        hint: hintToQuote(line) as string,
      };
    const next = lineAt(text, Math.min(line.start + line.text.length + 1, text.length));
    if (next.start === line.start) return undefined;
    const {length: column} = /^\s*/.exec(next.text)?.[0] ?? '';
    return {
      message: 'this line is further in than the one above it, which has a value already',
      offset: next.start + column,
      hint: 'give both the same indentation',
    };
  },

  MULTILINE_IMPLICIT_KEY: noKey,

  /** A quote, which the library misses at the end of the text. */
  MISSING_CHAR(text, offset, message) {
    const quote = /closing (["'])/.exec(message)?.[1];
    if (quote !== undefined) {
      const opened = text.slice(0, offset).search(new RegExp(`(?<=[:,[{-][ \\t]*)${quote}[^${quote}\\n]*$`, 'm'));
      return {
        message: `a quote is opened and never closed: ${quote}`,
        offset: opened < 0 ? offset : opened,
        hint: `write another ${quote} at the end of the value`,
      };
    }
    if (message.startsWith('Implicit map keys')) return noKey(text, offset);
    if (!message.startsWith('Sequence item')) return undefined;
    const {text: line, start} = lineAt(text, offset);
    return {
      message: 'this line stands between an entry of a list and its keys',
      offset: start + /^\s*/.exec(line)![0].length,
      hint: 'indent it like the key above it',
    };
  },

  /** A bracket that stays open. */
  BAD_INDENT(_text, offset, message) {
    const end = /end with an? ([\]}])/.exec(message)?.[1];
    return end === undefined
      ? undefined
      : {message: `a \`${end}\` is missing before this line`, offset, hint: `write \`${end}\` where the list ends`};
  },
};

/** A line without a key. */
function noKey(text: string, offset: number): YamlFinding {
  const {text: line} = lineAt(text, offset);
  const [, key, value] = /^\s*(?:- +)*([\w-]+):(\S.*)$/.exec(line) ?? [];
  const hint =
    key === undefined
      ? 'put a `#` before it if it is a remark'
      : `write a space after the colon: \`${key}: ${cut(value as string)}\``;
  return {message: 'this line is no `key: value`', offset, hint};
}

/** How to write the value of a line that only quotes can save. */
function hintToQuote(line: Line): string | undefined {
  const value = valueIn(line);
  if (value === undefined) return undefined;
  const bare = withoutComment(value);
  if (!INDICATORS.test(bare) && !/:(?:\s|$)/.test(bare)) return undefined;
  const key = KEY_AND_VALUE.exec(line.text)?.[1];
  return `put the value in quotes: \`${key === undefined ? '- ' : `${key}: `}${quoted(bare)}\``;
}

function valueIn({text}: Line): string | undefined {
  return KEY_AND_VALUE.exec(text)?.[2] ?? ENTRY.exec(text)?.[1];
}

function withoutComment(value: string): string {
  return value.replace(/\s+#.*$/, '').trimEnd();
}

/** The kind of quotes that the value itself does not have. */
function quoted(value: string): string {
  const text = cut(value);
  if (!/["\\]/.test(text)) return `"${text}"`;
  return `'${text.replaceAll("'", "''")}'`;
}

function cut(value: string): string {
  return value.length > LONGEST_QUOTED ? `${value.slice(0, LONGEST_QUOTED)}…` : value;
}

/** Whether a place of a line is inside `[…]` or `{…}`. */
function isInFlow({text, start}: Line, offset: number): boolean {
  const before = text.slice(0, offset - start);
  return before.search(/[[{][^\]}]*$/) >= 0;
}

function flowEntry(text: string, offset: number): string {
  return (/^[^,\]}\n]*/.exec(text.slice(offset, offset + 200))?.[0] ?? '').trim();
}

function lineAt(text: string, offset: number): Line {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return {text: text.slice(start, end < 0 ? text.length : end).replace(/\r$/, ''), start};
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
