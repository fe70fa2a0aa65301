import fs from 'node:fs';
import path from 'node:path';
import {expect} from 'vitest';
import {test} from './with-postgres.ts';
import {WorkersRig} from './workers-rig.ts';

const MIB = 1024 * 1024;
const PRINTED = 10 * MIB;

test('of what prints more than 8 MiB at a worker the begin and the end come home, and what is left out is said', async () => {
  await using workers = await WorkersRig.create();
  const {rig} = workers;
  const run = `echo the begin; seq -f 'line %.0f of many, each of which says where it stands' 1 1000000 | head -c ${PRINTED}; echo; echo the end`;
  await rig.writeMilestone('m', [{id: 'a', run, where: 'any', no_changes: true}]);
  const worker = workers.worker('--once');
  expect((await workers.milestone('execute', 'm')).exitCode).toBe(0);
  await worker;
  const file = path.join(rig.folder, '.milestones/logs/m/a.1.log');
  const log = fs.readFileSync(file, 'utf8');
  const [begin = '', end = '', ...more] = log.split(/\nmilestone: \d+ bytes of output are left out here\n/);
  expect(more).toEqual([]);
  const left = Number(/\nmilestone: (\d+) bytes/.exec(log)?.[1]);
  const printed = PRINTED + 'the begin\n'.length + '\nthe end\n'.length;
  expect(Buffer.byteLength(begin) + left + Buffer.byteLength(end)).toBe(printed);
  expect(Buffer.byteLength(begin)).toBeGreaterThan(7 * MIB);
  expect(Buffer.byteLength(log)).toBeLessThan(9 * MIB);
  expect(begin).toMatch(/^the begin\nline 1 of/);
  expect(end).toMatch(/\nthe end\n$/);
  // Nothing is missing in between, nor there twice.
  const numbers = [...begin.matchAll(/^line (\d+) of/gm)].map(([, number]) => Number(number));
  expect(numbers).toEqual(numbers.map((_, place) => place + 1));
});
