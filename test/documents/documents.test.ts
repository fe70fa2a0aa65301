// What is hashed for a gate is what the next phase gets to read.

import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {expect, test} from 'vitest';
import {currentDeliverables, prepareDocuments} from '../../src/documents/documents.ts';
import {HASH_OF_NOTHING} from '../../src/state/kiro.ts';

const MADE: Array<[string, string, (file: string, elsewhere: string) => void]> = [
  ['a file', 'a.md', file => fs.writeFileSync(file, 'text')],
  ['a file in a folder', 'sub/a.md', file => fs.writeFileSync(file, 'text')],
  ['a file that nobody may write', 'a.md', file => fs.writeFileSync(file, 'text', {mode: 0o400})],
  ['nothing', 'a.md', () => {}],
  ['a link to a file', 'a.md', (file, elsewhere) => fs.symlinkSync(path.join(elsewhere, 'a.md'), file)],
  [
    'a link beside it',
    'a.md',
    file => {
      fs.writeFileSync(path.join(path.dirname(file), 'b.md'), 'text');
      fs.symlinkSync('b.md', file);
    },
  ],
  ['a link to nowhere', 'a.md', file => fs.symlinkSync('nowhere', file)],
  [
    'a file behind a folder that is a link',
    'sub/a.md',
    (file, elsewhere) => {
      fs.rmdirSync(path.dirname(file));
      fs.symlinkSync(elsewhere, path.dirname(file));
    },
  ],
  ['a folder', 'a.md', file => fs.mkdirSync(file)],
  ['a pipe', 'a.md', file => execFileSync('mkfifo', [file])],
  ['a file that is too large', 'a.md', file => fs.closeSync(fs.openSync(file, 'w')) ?? fs.truncateSync(file, 17 << 20)],
];

test.each(MADE)('%s', async (_, name, make) => {
  const top = fs.mkdtempSync(path.join(os.tmpdir(), 'documents-'));
  try {
    const [home, slotHome, elsewhere] = ['home', 'slot', 'elsewhere'].map(folder => path.join(top, folder));
    fs.mkdirSync(elsewhere!);
    fs.writeFileSync(path.join(elsewhere!, 'a.md'), 'text');
    const document = `deliverables/m/t/design/${name}`;
    fs.mkdirSync(path.dirname(path.join(home!, document)), {recursive: true});
    make(path.join(home!, document), elsewhere!);

    const [hashed] = currentDeliverables(home!, [{path: document, sha256: ''}]);
    await prepareDocuments(home!, slotHome!, {id: 'm', task: {id: 't'} as never, phase: 'spec', drafts: []});
    const copy = path.join(slotHome!, document);
    const laid = fs.existsSync(copy)
      ? createHash('sha256').update(fs.readFileSync(copy)).digest('hex')
      : HASH_OF_NOTHING;
    expect(hashed!.sha256).toBe(laid);
  } finally {
    fs.rmSync(top, {recursive: true});
  }
});
