// Text of others in XML.

import {printable} from './printable.ts';

const ENTITIES: Record<string, string> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;'};

/** For text between elements and for attributes; what XML cannot hold appears escaped. */
export function xmlText(text: string): string {
  const shown = printable(text, {lines: true}).replace(/[\ud800-\udfff\ufffe\uffff]/gu, '\ufffd');
  return shown.replace(/[&<>"']/g, character => ENTITIES[character] as string);
}

/** Of attributes that have a value. */
export function attributes(values: Record<string, string | number | undefined>): string {
  return Object.entries(values)
    .flatMap(([name, value]) =>
      value === undefined
        ? []
        : [` ${name}="${xmlText(String(value)).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`],
    )
    .join('');
}
