import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {expect, test, vi} from 'vitest';
import {finishRequest, leftoverRequests, sendRequest, takeRequests, withdrawRequest} from '../../src/requests/inbox.ts';
import {type Ask, newRequest, parseRequest, type Request} from '../../src/requests/request.ts';
import {HandClock, temporaryFolder} from '../events/log-rig.ts';

const clock = new HandClock();

function send(folder: string, ask: Ask, meant?: {session_id?: string; attempt?: number}): Request {
  clock.time += 1;
  const request = newRequest(ask, clock, meant);
  sendRequest(folder, request);
  return request;
}

const asks: Ask[] = [
  {kind: 'pause', now: true},
  {kind: 'cancel', reason: 'später\n☃'},
  {kind: 'retry'},
  {kind: 'retry', task_id: 'login'},
  {kind: 'skip', task_id: 'login', reason: 'not needed'},
  {kind: 'resume'},
];

test('requests arrive once, whole and in the order in which they were sent', () => {
  const folder = path.join(temporaryFolder(), 'inbox', 'auth-api');
  expect(takeRequests(folder)).toEqual({requests: [], junk: []});
  const sent = asks.map(ask => send(folder, ask, {session_id: 'session-1', attempt: 2}));
  expect(takeRequests(folder)).toEqual({requests: sent, junk: []});
  expect(takeRequests(folder)).toEqual({requests: [], junk: []});
  for (const request of sent) finishRequest(folder, request);
  expect(fs.readdirSync(folder)).toEqual([]);
});

test('a request is synced, and so is its name, before anybody is told', () => {
  const folder = temporaryFolder();
  const order: string[] = [];
  const {fsyncSync, renameSync} = fs;
  vi.spyOn(fs, 'fsyncSync').mockImplementation(fd => {
    order.push(fs.fstatSync(fd).isDirectory() ? 'sync folder' : 'sync file');
    fsyncSync(fd);
  });
  vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
    order.push('rename');
    renameSync(from, to);
  });
  send(folder, {kind: 'resume'});
  expect(order).toEqual(['sync file', 'rename', 'sync folder']);
});

test('a request is either withdrawn or taken, never both', () => {
  const folder = temporaryFolder();
  const [early, late] = [send(folder, {kind: 'resume'}), send(folder, {kind: 'retry'})];
  expect(withdrawRequest(folder, early)).toBe(true);
  expect(withdrawRequest(folder, early)).toBe(false);
  expect(takeRequests(folder).requests).toEqual([late]);
  expect(withdrawRequest(folder, late)).toBe(false);
  finishRequest(folder, late);
  expect(withdrawRequest(folder, late)).toBe(false);
});

test('a request that is withdrawn between the look and the taking is not taken', () => {
  const folder = temporaryFolder();
  const request = send(folder, {kind: 'resume'});
  const {renameSync} = fs;
  vi.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
    expect(withdrawRequest(folder, request)).toBe(true);
    renameSync(from, to);
  });
  expect(takeRequests(folder)).toEqual({requests: [], junk: []});
  expect(leftoverRequests(folder)).toEqual({requests: [], junk: []});
});

test('what a dead executor had taken is found by the next one, and removed by its sender with the lock in hand', () => {
  const folder = temporaryFolder();
  const taken = send(folder, {kind: 'cancel'});
  takeRequests(folder);
  const fresh = send(folder, {kind: 'resume'});
  expect(leftoverRequests(folder)).toEqual({requests: [taken], junk: []});
  expect(takeRequests(folder).requests).toEqual([fresh]);
  finishRequest(folder, taken);
  finishRequest(folder, fresh);
  expect(leftoverRequests(folder).requests).toEqual([]);
});

test('what is no request is set aside with a reason, and everything else still arrives', () => {
  const folder = temporaryFolder();
  const name = (number: number) => `20261123T10000000${number}Z-00000000-0000-4000-8000-000000000000.json`;
  const put = (file: string, content: string) => fs.writeFileSync(path.join(folder, file), content);
  put('notes.txt', 'hello');
  put('..json', 'hidden: left alone');
  put('$(touch owned).json', '{}');
  put(name(1), 'not json');
  put(name(2), JSON.stringify({kind: 'resume', padding: 'x'.repeat(270_000)}));
  fs.mkdirSync(path.join(folder, name(3)));
  const secret = path.join(temporaryFolder(), 'secret');
  fs.writeFileSync(secret, JSON.stringify(newRequest({kind: 'cancel'}, clock)));
  fs.symlinkSync(secret, path.join(folder, name(4)));
  spawnSync('/bin/sh', ['-c', 'mkfifo "$0"', path.join(folder, name(5))]);
  put(
    name(6),
    JSON.stringify({...newRequest({kind: 'resume'}, clock), request_id: '../../../../elsewhere-00000000000000'}),
  );
  put(name(7), JSON.stringify(newRequest({kind: 'resume'}, clock)));
  const good = send(folder, {kind: 'resume'});

  const {requests, junk} = takeRequests(folder);
  expect(requests).toEqual([good]);
  expect(Object.fromEntries(junk.map(({name, reason}) => [name.replace(/-.*\./, '.'), reason]))).toEqual({
    'notes.txt': 'its name is not that of a request',
    '$(touch owned).json': 'its name is not that of a request',
    '20261123T100000001Z.taken': 'it is not a JSON object',
    '20261123T100000002Z.taken': expect.stringContaining('at most 262144 are read'),
    '20261123T100000003Z.taken': 'it is not a regular file',
    '20261123T100000004Z.taken': expect.stringContaining('it cannot be read: ELOOP'),
    '20261123T100000005Z.taken': 'it is not a regular file',
    '20261123T100000006Z.taken': 'its `request_id` is missing or wrong',
    '20261123T100000007Z.taken': 'its name does not fit its content',
  });
  expect(takeRequests(folder)).toEqual({requests: [], junk: []});
  expect(fs.readdirSync(path.join(folder, 'junk'))).toHaveLength(9);
  expect(fs.existsSync(secret)).toBe(true);
});

test('junk that cannot be moved away does no harm', () => {
  const folder = temporaryFolder();
  fs.writeFileSync(path.join(folder, 'junk'), 'a file in the way');
  fs.writeFileSync(path.join(folder, 'notes.txt'), '');
  const good = send(folder, {kind: 'resume'});
  for (const requests of [[good], []])
    expect(takeRequests(folder)).toEqual({
      requests,
      junk: [{name: 'notes.txt', reason: 'its name is not that of a request'}],
    });
});

test('a request that this version does not know keeps its id, so that it can be answered', () => {
  const request = newRequest({kind: 'explode'} as never, clock);
  expect(parseRequest(JSON.stringify(request))).toEqual({
    reason: 'its `kind` is unknown: `explode`',
    request_id: request.request_id,
  });
});

test.each([
  {field: 'now', content: {kind: 'pause'}},
  {field: 'now', content: {kind: 'pause', now: 'yes'}},
  {field: 'task_id', content: {kind: 'skip'}},
  {field: 'task_id', content: {kind: 'skip', task_id: '../x'}},
  {field: 'task_id', content: {kind: 'retry', task_id: 7}},
  {field: 'reason', content: {kind: 'cancel', reason: 'x'.repeat(5000)}},
  {field: 'attempt', content: {kind: 'resume', attempt: 0}},
  {field: 'requested_at', content: {kind: 'resume', requested_at: 'yesterday'}},
])('a request without a proper `$field` is refused', ({content, field}) => {
  const request = {...newRequest({kind: 'resume'}, clock), ...content};
  expect(parseRequest(JSON.stringify(request))).toMatchObject({reason: `its \`${field}\` is missing or wrong`});
});

test('no text makes the parser fail, and what it accepts has only known fields', () => {
  const base = newRequest({kind: 'resume'}, clock);
  const known = ['kind', 'request_id', 'requested_at', 'session_id', 'attempt', 'now', 'reason', 'task_id'];
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.object().map(extra => JSON.stringify({...extra, ...base})),
      ),
      text => {
        const parsed = parseRequest(text);
        if ('kind' in parsed) expect(known).toEqual(expect.arrayContaining(Object.keys(parsed)));
        else expect(parsed.reason).toBeTypeOf('string');
      },
    ),
  );
});
