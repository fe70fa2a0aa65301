// The server of the pages, asked from outside: by the browser, by other programs and pages, by whoever decides.

import fs from 'node:fs';
import {expect, test} from 'vitest';
import {copiesOf} from '../rig/copies.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {waitForFile} from '../rig/wait-for-file.ts';
import {WebRig} from '../rig/web-rig.ts';
import {freeTask, kiroTask} from './kiro-plan.ts';

const doneRig = copiesOf(async () => {
  const rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', run: 'echo "<b>hello</b>"; echo a > a', verify: 'test -f a'},
    {id: 'b', run: 'echo why; exit 3', dependencies: ['a'], retries: 0},
  ]);
  await rig.milestone('execute', 'm');
  return rig;
});

test.concurrent('nothing is told without the cookie, and that is had for the token alone', async () => {
  await using rig = await doneRig();
  const web = await WebRig.start(rig);
  expect(web.token).toMatch(/^[\w-]{43}$/);
  const {headers} = await web.ask('/api/session', {method: 'POST', body: {token: web.token}});
  expect(headers['set-cookie']?.[0]).toMatch(/^milestone-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  expect((await web.ask('/api/milestones')).status).toBe(200);
  for (const path of ['/api/milestones', '/api/milestones/m/report', '/api/milestones/m/events', '/api/nothing'])
    expect(await web.ask(path, {headers: {cookie: ''}}), path).toMatchObject({
      status: 401,
      json: {ok: false, error: {code: 'NO_SESSION'}},
    });
  for (const token of [undefined, '', 'x', `${web.token}x`, 7, web.cookie.split('=')[1]])
    expect(await web.ask('/api/session', {method: 'POST', body: {token}, headers: {cookie: ''}})).toMatchObject({
      status: 401,
    });
  // The document and the script hold nothing of it.
  for (const path of ['/', '/m/m', '/page.js', '/page.css']) {
    const {status, text} = await web.ask(path, {headers: {cookie: ''}});
    expect(status, path).toBe(200);
    expect(text).not.toContain(web.token);
  }
});

test.concurrent('who comes under a foreign name, or from a foreign page, is refused, cookie or not', async () => {
  await using rig = await doneRig();
  const web = await WebRig.start(rig, '--decide');
  const {port} = new URL(web.origin);
  for (const host of [`evil.example:${port}`, 'evil.example', '127.0.0.1', '127.0.0.1:1', `127.0.0.1.evil:${port}`])
    expect(await web.ask('/api/milestones', {headers: {host}}), host).toMatchObject({
      status: 403,
      json: {error: {code: 'FOREIGN_HOST'}},
    });
  expect((await web.ask('/api/milestones', {headers: {host: `localhost:${port}`}})).status).toBe(200);
  const retry = '/api/milestones/m/tasks/b/retry';
  for (const origin of ['http://evil.example', `http://localhost:${port}`, 'null', `https://127.0.0.1:${port}`])
    for (const asked of [{}, {method: 'POST', body: {}}])
      expect(await web.ask(retry, {...asked, headers: {origin}}), origin).toMatchObject({
        status: 403,
        json: {error: {code: 'FOREIGN_ORIGIN'}},
      });
  expect(rig.events('m').some(({event}) => event === 'task_reset')).toBe(false);
});

test.concurrent('every answer forbids what the pages do not need', async () => {
  await using rig = await doneRig();
  const web = await WebRig.start(rig);
  for (const path of ['/', '/page.js', '/api/milestones', '/api/milestones/m/report', '/nothing']) {
    const {headers} = await web.ask(path);
    const policy = headers['content-security-policy'];
    expect(policy, path).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(headers).toMatchObject({'x-content-type-options': 'nosniff', 'cache-control': 'no-store'});
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
  expect((await web.ask('/')).text).not.toMatch(/<script(?! src="\/page\.js" defer)|<style|https?:|\son\w+=/);
});

test.concurrent('it tells what the commands tell', async () => {
  await using rig = await doneRig();
  const web = await WebRig.start(rig);
  const [list, report, show, diff] = await Promise.all([
    rig.milestone('list', '--json'),
    rig.milestone('report', 'm', '--json'),
    rig.milestone('show', 'm', 'a', '--json'),
    rig.milestone('diff', 'm', 'a', '--json'),
  ]);
  const told = (await web.ask('/api/milestones/m/report')).json;
  expect({...told.report, at: ''}).toEqual({...report.json().report, at: ''});
  expect((await web.ask('/api/milestones/m')).json).toEqual({ok: true, milestone: await rig.status('m')});
  expect((await web.ask('/api/milestones')).json).toEqual({
    ...list.json(),
    milestones: list.json().milestones.map((one: object) => ({...one, needs_you: 2})),
  });
  expect((await web.ask('/api/milestones/m/tasks/a')).json).toEqual({...show.json(), approvals: [], blockers: []});
  expect((await web.ask('/api/milestones/m/tasks/a/diff')).json).toEqual(diff.json());
  expect(await web.ask('/api/milestones/nope')).toMatchObject({
    status: 404,
    json: {ok: false, error: {code: 'UNKNOWN_MILESTONE'}},
  });
  expect((await web.ask('/api/milestones/..%2F..%2Fx/report')).status).toBe(404);
  expect((await web.ask('/api/milestones/m/tasks/..%2Fa')).status).toBe(404);
  web.program.kill('SIGINT');
  expect(await web.program).toMatchObject({exitCode: 130, stderr: ''});
});

test.concurrent('without `--decide` nothing can be decided', async () => {
  await using rig = await doneRig();
  const web = await WebRig.start(rig);
  const before = rig.read(rig.logFile('m'));
  expect((await web.ask('/api/session')).json).toEqual({ok: true, decide: false});
  for (const kind of ['approve', 'reject', 'answer', 'retry', 'skip'])
    expect((await web.ask(`/api/milestones/m/tasks/b/${kind}`, {method: 'POST', body: {}})).status, kind).toBe(404);
  for (const kind of ['pause', 'resume', 'cancel'])
    expect((await web.ask(`/api/milestones/m/${kind}`, {method: 'POST', body: {}})).status, kind).toBe(404);
  expect(rig.read(rig.logFile('m'))).toBe(before);
});

test.concurrent('with `--decide` a person decides as with the commands, and is told why when not', async () => {
  await using rig = await doneRig();
  const web = await WebRig.start(rig, '--decide');
  const post = (path: string, body: object = {}) => web.ask(`/api/milestones/m/${path}`, {method: 'POST', body});
  expect((await web.ask('/api/session')).json).toEqual({ok: true, decide: true});
  expect(await post('tasks/b/retry')).toMatchObject({
    status: 200,
    json: {ok: true, milestone_id: 'm', answered_by: 'command', event: {event: 'task_reset'}},
  });
  expect(await post('tasks/b/retry')).toMatchObject({status: 409, json: {ok: false}});
  expect(await post('tasks/b/answer', {text: ''})).toMatchObject({status: 400, json: {error: {code: 'USAGE'}}});
  expect(await post('tasks/nope/retry')).toMatchObject({status: 404, json: {error: {code: 'UNKNOWN_TASK'}}});
  // The address says which task is meant.
  expect((await post('tasks/b/skip', {task_id: 'a', reason: 'not needed', kind: 'cancel'})).json.event).toMatchObject({
    event: 'task_skipped',
    details: {task_id: 'b', reason: 'not needed'},
  });
  expect((await post('cancel')).status).toBe(404);
});

test.concurrent('an approval is of the documents that were shown', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [kiroTask('a'), freeTask('b')]);
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  const web = await WebRig.start(rig, '--decide');
  const task = '/api/milestones/m/tasks/a';
  const shown = async () => (await web.ask(`${task}/approvals/design`)).json;
  const approve = (deliverables: object[]) =>
    web.ask(`${task}/approve`, {method: 'POST', body: {phase: 'design', deliverables}});
  const of = ({documents}: {documents: Array<{path: string; sha256: string}>}) =>
    documents.map(({path, sha256}) => ({path, sha256}));
  const before = await shown();
  expect(before).toMatchObject({
    ok: true,
    milestone: {id: 'm'},
    task: {id: 'a'},
    waits: true,
    approval: {phase: 'design', transition: 'design_to_spec', status: 'pending'},
    checks: [],
  });
  expect(before.documents[0]).toMatchObject({changed: false, truncated: false, changes: null});
  expect(before.documents[0].text).toBe('# architecture.md, attempt 1\n');
  rig.write(`.milestones/${before.documents[0].path}`, 'Something else.\n');
  for (const deliverables of [of(before), []])
    expect(await approve(deliverables)).toMatchObject({status: 409, json: {error: {code: 'REQUEST_REJECTED'}}});
  const now = await shown();
  expect(now.documents[0]).toMatchObject({text: 'Something else.\n', changed: true});
  expect((await approve(of(now))).json.event).toMatchObject({
    event: 'kiro_approval_granted',
    details: {by: 'person', deliverables: of(now)},
  });
});

test.concurrent('a log is read by parts, from its end, too', async () => {
  await using rig = await doneRig();
  const web = await WebRig.start(rig);
  const path = '/api/milestones/m/tasks/a/attempts/1/log';
  const file = rig.path('.milestones/logs/m/a.1.log');
  const whole = await web.ask(path);
  expect(whole.text).toBe(fs.readFileSync(file, 'utf8'));
  expect(whole.text).toContain('<b>hello</b>');
  expect(whole.headers).toMatchObject({'content-type': 'text/plain; charset=utf-8', 'log-from': '0'});
  // As large as one likes: most of it are no bytes at all.
  const size = 3 * 1024 ** 3;
  fs.truncateSync(file, size);
  fs.appendFileSync(file, 'the end');
  const end = await web.ask(`${path}?from=-7`);
  expect(end).toMatchObject({text: 'the end', headers: {'log-from': String(size), 'log-size': String(size + 7)}});
  expect((await web.ask(`${path}?from=${size + 4}`)).text).toBe('end');
  expect((await web.ask(`${path}?from=99999999999`)).text).toBe('');
  expect((await web.ask(`${path}?from=0`)).text).toHaveLength(256 * 1024);
  for (const from of ['x', '1e3', '--1', '9'.repeat(16)])
    expect((await web.ask(`${path}?from=${from}`)).status, from).toBe(400);
  for (const other of ['attempts/0/log', 'attempts/2/log', 'attempts/x/log'])
    expect((await web.ask(`/api/milestones/m/tasks/a/${other}`)).status, other).toBe(404);
});

test.concurrent('events come as they are written, each once, over lost lines and dead executors', async () => {
  await using rig = await MilestoneRig.create();
  const [first, second] = [await rig.command('first'), await rig.command('second')];
  await rig.writeMilestone('m', [
    {id: 'a', run: first.shell},
    {id: 'b', run: second.shell, dependencies: ['a']},
  ]);
  const web = await WebRig.start(rig);
  // Somebody listens before there is a log.
  const began = web.events('m', ({event}) => event === 'task_working');
  const executor = rig.milestone('execute', 'm');
  await first.nextRun();
  const seen = await began;
  const died = web.events('m', ({event}) => event === 'session_resumed', seen.at(-1));
  executor.kill('SIGKILL');
  await executor;
  const resumed = rig.milestone('resume', 'm');
  seen.push(...(await died));
  (await first.nextRun()).exit(0);
  (await second.nextRun()).exit(0);
  expect(await resumed).toMatchObject({exitCode: 0});
  seen.push(...(await web.events('m', ({event}) => event === 'session_ended', seen.at(-1))));
  expect(seen).toEqual(rig.events('m').map(({seq}) => seq));
  // Who names what this log does not have is told all of it.
  expect(await web.events('m', ({event}) => event === 'session_ended', 999_999)).toEqual(seen);
});

test.concurrent('of a damaged log every answer says so, and the server goes on', async () => {
  await using rig = await doneRig();
  const web = await WebRig.start(rig);
  const log = rig.read(rig.logFile('m'));
  rig.write(rig.logFile('m'), log.replace('"task_started"', '"task_STARTED"').concat('{}\n'));
  for (const place of ['m', 'm/report', 'm/tasks/a'])
    expect((await web.ask(`/api/milestones/${place}`)).json.error, place).toMatchObject({code: 'LOG_CORRUPT'});
  expect((await web.ask('/api/milestones/m/events')).text).not.toContain('id:');
  rig.write(rig.logFile('m'), log);
  expect((await web.ask('/api/milestones/m')).status).toBe(200);
  web.program.kill();
  expect(await web.program).toMatchObject({exitCode: 143, stderr: ''});
});

test.concurrent('it is not for use inside an attempt, and a port that is taken is said so', async () => {
  await using rig = await doneRig();
  const web = await WebRig.start(rig);
  const {port} = new URL(web.origin);
  expect(await rig.milestone('web', '--port', port)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`port ${port} cannot be had`),
  });
  expect((await rig.milestone('web', '--port', '70000')).exitCode).toBe(2);
  expect(await rig.milestone('web', {env: {MILESTONE_RUN: 'x'}})).toMatchObject({exitCode: 3});
});

test.concurrent('`--open` has the desktop open a file that leads there, and says so where nothing does', async () => {
  await using rig = await doneRig();
  const bin = rig.path('bin');
  const openers = (script: string) => {
    for (const name of ['xdg-open', 'wslview', 'open']) {
      rig.write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
      fs.chmodSync(rig.path(`bin/${name}`), 0o755);
    }
  };
  openers('cp "$1" ../opened.part; printf "\\n%s" "$1" >> ../opened.part; mv ../opened.part ../opened');
  const PATH = `${bin}:${rig.env.PATH}`;
  const web = rig.milestone('web', '--open', {env: {PATH}});
  const address = await web.line(/^http:/);
  await waitForFile(rig.path('../opened'));
  // The token is in no command's words, and in no file that others read.
  const [html, file = ''] = rig.read('../opened').trim().split('\n');
  expect(html).toContain(`content="0;url=${address}"`);
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  web.kill();
  await web;
  expect(fs.readdirSync(rig.path('.milestones/cache')).filter(name => name.startsWith('web-'))).toEqual([]);
  openers('exit 3');
  const alone = rig.milestone('web', '--open', {env: {PATH}});
  await alone.line(/^http:/);
  await alone.line(/open the address yourself/);
  alone.kill();
  expect(await alone).toMatchObject({exitCode: 143});
});

test('a report that is asked for again says what has happened since, as the command does', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [
    {id: 'a', run: 'true'},
    {id: 'b', run: 'test -e mended', retries: 0},
  ]);
  const web = await WebRig.start(rig);
  const steps: Array<() => unknown> = [
    () => {},
    () => rig.milestone('execute', 'm'),
    () => rig.write('mended', ''),
    () => rig.milestone('retry', 'm', 'b'),
    () => rig.milestone('resume', 'm'),
  ];
  for (const step of steps) {
    await step();
    const shown = (await web.ask('/api/milestones/m/report')).json;
    const told = JSON.parse((await rig.milestone('report', 'm', '--json')).stdout);
    const {at: _asked, ...seen} = shown.report;
    const {at: _told, ...wanted} = told.report;
    expect(seen).toEqual(wanted);
  }
  expect((await web.ask('/api/milestones/m/report')).json.report.milestone.status).toBe('completed');
});
