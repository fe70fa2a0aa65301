import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {createRedactor} from '../../src/platform/redact.ts';

const CHUNK = 256 * 1024;
let folder: string;
let file: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'redact-'));
  file = path.join(folder, 'a.log');
});

afterEach(() => fs.rmSync(folder, {recursive: true}));

test.each([
  'GITHUB_TOKEN',
  'CLIENT_SECRET',
  'DB_PASSWORD',
  'MYSQL_PWD',
  'OPENAI_API_KEY',
  'OPENAI_APIKEY',
  'SSH_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'CREDENTIALS',
  'BASIC_AUTH',
  'AUTHORIZATION',
  'npm_config__authToken',
])('the value of %s is a secret', name => {
  expect(createRedactor({[name]: 'hunter22-hunter22'}).redactText('it is hunter22-hunter22!')).toBe('it is ***!');
});

test.each([
  ['MILESTONE_RUN', 'hunter22-hunter22'],
  ['GIT_AUTHOR_NAME', 'Ada Lovelace'],
  ['XAUTHORITY', 'hunter22-hunter22'],
  ['PWD', os.tmpdir()],
  ['KEYBOARD', 'hunter22-hunter22'],
  ['SHORT_TOKEN', 'abc'],
  ['USE_AUTH', 'disabled'],
  ['POSTGRES_PASSWORD', 'postgres'],
  ['SSH_AUTH_SOCK', os.tmpdir()],
])('%s=%s is none', (name, value) => {
  const text = `it is ${value}!`;
  expect(createRedactor({[name]: value}).redactText(text)).toBe(text);
});

test('a secret that contains another is taken out whole, whatever characters it has', () => {
  const redactor = createRedactor({A_TOKEN: 'a+b.c*d/', B_TOKEN: 'a+b.c*d/$(efg)[1]'});
  expect(redactor.redactText('a+b.c*d/$(efg)[1] a+b.c*d/ aab.c*d/')).toBe('*** *** aab.c*d/');
});

test('a file is left alone without secrets, and when it is missing or empty', async () => {
  await createRedactor({}).redactFile(path.join(folder, 'missing'));
  await createRedactor({A_TOKEN: 'long enough'}).redactFile(path.join(folder, 'missing'));
  expect(fs.readdirSync(folder)).toEqual([]);
});

test('in a file every secret becomes stars of its length, wherever chunks meet', async () => {
  const redactor = createRedactor({A_TOKEN: 'ababababc', B_TOKEN: 'bababab\0é'});
  const secrets = ['ababababc', 'bababab\0é'].map(text => Buffer.from(text));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({min: -24, max: 24}), fc.nat({max: 2}), fc.boolean()), {maxLength: 6}),
      async places => {
        const content = Buffer.alloc(2 * CHUNK + 100, 'ab');
        for (const [shift, border, second] of places)
          secrets[second ? 1 : 0]!.copy(content, Math.max(0, border * CHUNK + shift));
        const expected = overwrite(content, secrets);
        fs.writeFileSync(file, content);
        await redactor.redactFile(file);
        expect(fs.readFileSync(file).equals(expected)).toBe(true);
      },
    ),
    {numRuns: 40},
  );
});

/** The same with everything in memory. */
function overwrite(content: Buffer, secrets: Buffer[]): Buffer {
  const result = Buffer.from(content);
  for (const secret of secrets)
    for (let at = content.indexOf(secret); at !== -1; at = content.indexOf(secret, at + 1))
      result.fill('*', at, at + secret.length);
  return result;
}
