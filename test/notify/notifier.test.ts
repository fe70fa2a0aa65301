import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import {Notifier, notificationBody} from '../../src/notify/notifier.ts';
import {
  type Delivery,
  type NotifyChannel,
  type SendOptions,
  sendNotification,
} from '../../src/notify/send-notification.ts';
import {systemClock} from '../../src/platform/clock.ts';
import {createRedactor} from '../../src/platform/redact.ts';
import {FakeClock} from '../rig/fake-clock.ts';

const COMPLETED: NewEvent = {event: 'milestone_completed', details: {dependents: []}};
const FAILED: NewEvent = {
  event: 'task_failed',
  details: {task_id: 'login', attempt: 3, cause: 'exit', message: 'failed with exit code 1'},
};
const STARTED: NewEvent = {
  event: 'task_started',
  details: {task_id: 'login', attempt: 1, slot: 0, token: 't', driver: 'shell'},
};

function recorded(event: NewEvent, seq = 7): MilestoneEvent {
  return {
    seq,
    timestamp: '2026-11-23T10:00:00.000Z',
    milestone_id: 'auth',
    session_id: 'session-1',
    ...event,
  } as MilestoneEvent;
}

/** A notifier whose channels only remember; `answers` says what each message is met with. */
function notifier(channels: NotifyChannel[], answers: Array<Delivery | Promise<Delivery>> = []) {
  const sent: Array<{to: string | undefined; event: string}> = [];
  const warnings: string[] = [];
  const clock = new FakeClock();
  const send = async ({command, webhook}: NotifyChannel, body: string, {signal}: SendOptions): Promise<Delivery> => {
    sent.push({to: command ?? webhook, event: JSON.parse(body).event});
    const aborted = new Promise<Delivery>(resolve =>
      signal.addEventListener('abort', () => resolve({ok: false, message: 'was not done'})),
    );
    return Promise.race([answers.shift() ?? {ok: true as const}, aborted]);
  };
  const told = new Notifier({
    channels: () => channels,
    redactor: createRedactor({}),
    clock,
    cwd: '/',
    env: {},
    warn: message => warnings.push(message),
    send,
  });
  return {told, sent, warnings, clock};
}

describe('a notifier', () => {
  test('sends the chosen events; without a choice those that a person has to know', async () => {
    const {told, sent} = notifier([{command: 'all'}, {webhook: 'http://h', events: ['task_started']}]);
    told.events([recorded(STARTED, 1), recorded(FAILED, 2), recorded(COMPLETED, 3)]);
    await told.finish(1_000);
    expect(sent).toHaveLength(3);
    expect(sent).toEqual(
      expect.arrayContaining([
        {to: 'all', event: 'task_failed'},
        {to: 'all', event: 'milestone_completed'},
        {to: 'http://h', event: 'task_started'},
      ]),
    );
  });

  test('warns of a channel that fails once, and again after it has worked', async () => {
    const red: Delivery = {ok: false, message: 'failed with exit code 1'};
    const {told, sent, warnings} = notifier([{command: 'mail ada'}], [red, red, {ok: true}, red]);
    for (let seq = 1; seq <= 4; seq++) told.events([recorded(COMPLETED, seq)]);
    await told.finish(1_000);
    expect(sent).toHaveLength(4);
    expect(warnings).toEqual(Array(2).fill('the notification command `mail ada` failed with exit code 1'));
  });

  test('holds nobody up: what waits is bounded, and the end of the run waits so long and no longer', async () => {
    const never = new Promise<Delivery>(() => {});
    const {told, sent, warnings, clock} = notifier([{command: 'slow'}], [never]);
    told.events(Array.from({length: 200}, (_, index) => recorded(COMPLETED, index + 1)));
    expect(warnings).toEqual(['the notification command `slow` is too slow; messages are lost']);
    let isFinished = false;
    const finished = told.finish(5_000).then(() => {
      isFinished = true;
    });
    await clock.advance(4_999);
    expect(isFinished).toBe(false);
    await clock.advance(1);
    await finished;
    expect(sent).toHaveLength(1);
    told.events([recorded(COMPLETED, 201)]);
    expect(sent).toHaveLength(1);
  });

  test('does not show the path of a webhook, which is often its password', async () => {
    const {told, warnings} = notifier(
      [{webhook: 'https://example.com/hook/s3cret'}],
      [{ok: false, message: 'is gone'}],
    );
    told.events([recorded(COMPLETED)]);
    await told.finish(1_000);
    expect(warnings).toEqual(['the webhook at `https://example.com` is gone']);
  });
});

test('a message is the event with a line to read, without the plan and without secrets', () => {
  const secret = 'a"very\\secret';
  const redactor = createRedactor({API_TOKEN: secret});
  const event = recorded({...FAILED, details: {...FAILED.details, message: `wrong: ${secret}`}} as NewEvent);
  const body = notificationBody(event, redactor);
  expect(body).not.toContain('very');
  expect(JSON.parse(body)).toMatchObject({
    seq: 7,
    event: 'task_failed',
    milestone_id: 'auth',
    details: {task_id: 'login', message: 'wrong: ***'},
    text: expect.stringMatching(/^auth: task_failed .*login/),
  });
  const activated = recorded({
    event: 'milestone_activated',
    details: {
      execution_id: 'e',
      plan: {id: 'auth', title: 'A', requires: [], settings: {}, tasks: []},
      imported: {},
      isolation: 'none',
      dependents: [],
    },
  });
  expect(JSON.parse(notificationBody(activated, redactor)).details).toEqual({
    execution_id: 'e',
    isolation: 'none',
    dependents: [],
  });
});

describe('a command', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'milestone-notify-'));
  });
  afterEach(() => fs.rmSync(folder, {recursive: true}));

  const send = (command: string, body: string, changes: Partial<SendOptions> = {}) =>
    sendNotification({command}, body, {
      clock: systemClock,
      cwd: folder,
      env: {PATH: process.env.PATH},
      signal: new AbortController().signal,
      ...changes,
    });

  test('reads the message on its standard input', async () => {
    expect(await send('cat > got; echo noise', '{"a":1}')).toEqual({ok: true});
    expect(fs.readFileSync(path.join(folder, 'got'), 'utf8')).toBe('{"a":1}');
  });

  test('need not read it', async () => {
    expect(await send('exit 0', 'x'.repeat(1_000_000))).toEqual({ok: true});
  });

  test('that fails is said so, with what it said', async () => {
    expect(await send('echo no such user >&2; exit 3', '')).toEqual({
      ok: false,
      message: 'failed with exit code 3: no such user',
    });
  });

  test('may leave something behind that holds its output open', async () => {
    expect(await send('sleep 1000 & echo $! > pid', '')).toEqual({ok: true});
    execFileSync('kill', [fs.readFileSync(path.join(folder, 'pid'), 'utf8').trim()]);
  });

  test('that takes too long is ended with everything in its group', async () => {
    const clock = new FakeClock();
    const left = send(`mkfifo pipe; sh -c 'echo $$ > pid; echo > pipe; sleep 1000' & cat pipe; wait`, '', {clock});
    await clock.untilAsleep();
    await untilWritten(path.join(folder, 'pid'));
    await clock.advance(30_000);
    expect(await left).toEqual({ok: false, message: 'took longer than 30 s'});
    const pid = Number(fs.readFileSync(path.join(folder, 'pid'), 'utf8'));
    await untilGone(pid);
  });

  test('is given up with the execution', async () => {
    const over = new AbortController();
    const left = send('sleep 1000', '', {signal: over.signal});
    over.abort();
    expect(await left).toEqual({ok: false, message: 'was not done when the execution ended'});
  });
});

describe('a webhook', () => {
  let server: http.Server;
  let url: string;
  let answers: Array<number | 'cut' | 'hang'>;
  let got: Array<{method: string | undefined; type: string | undefined; body: string}>;
  let asked: () => void;

  beforeEach(async () => {
    answers = [];
    got = [];
    asked = () => {};
    server = http.createServer(async (request, response) => {
      const answer = answers.shift() ?? 200;
      let body = '';
      for await (const chunk of request) body += chunk;
      got.push({method: request.method, type: request.headers['content-type'], body});
      asked();
      if (answer === 'cut') request.socket.destroy();
      else if (answer !== 'hang') response.writeHead(answer, {location: '/elsewhere'}).end('said');
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const send = (clock: FakeClock, webhook = url) =>
    sendNotification({webhook}, '{"a":1}', {clock, cwd: '/', env: {}, signal: new AbortController().signal});

  /** Sends, and lets the rest before a second try pass as soon as it has begun: what travels has all the time it needs. */
  async function sendTwice(): Promise<unknown> {
    const clock = new FakeClock();
    const sleep = clock.sleep.bind(clock);
    const rests = new Promise<void>(resolve => {
      clock.sleep = (ms, signal) => {
        const slept = sleep(ms, signal);
        if (ms === 1_000) resolve();
        return slept;
      };
    });
    const sent = send(clock);
    await rests;
    await clock.advance(1_000);
    return sent;
  }

  test('gets the message as JSON', async () => {
    expect(await send(new FakeClock())).toEqual({ok: true});
    expect(got).toEqual([{method: 'POST', type: 'application/json', body: '{"a":1}'}]);
  });

  test('is tried once more, after a second', async () => {
    answers = ['cut', 200];
    expect(await sendTwice()).toEqual({ok: true});
    answers = [500, 503, 200];
    expect(await sendTwice()).toEqual({ok: false, message: 'answered 503 Service Unavailable'});
    expect(got).toHaveLength(4);
  });

  test('that moves somewhere else has not got it', async () => {
    answers = [301, 301];
    expect(await sendTwice()).toMatchObject({message: 'answered 301 Moved Permanently'});
  });

  test('that does not answer is given up', async () => {
    answers = ['hang', 'hang'];
    const clock = new FakeClock();
    const sent = send(clock);
    await new Promise<void>(resolve => {
      asked = resolve;
    });
    const askedAgain = new Promise<void>(resolve => {
      asked = resolve;
    });
    await clock.advance(10_000);
    await clock.untilAsleep();
    await clock.advance(1_000);
    await askedAgain;
    await clock.advance(10_000);
    expect(await sent).toEqual({ok: false, message: 'took longer than 10 s'});
  });

  test('needs an address', async () => {
    const clock = new FakeClock();
    expect(await clock.runUntil(send(clock, 'file:///etc/passwd'))).toEqual({
      ok: false,
      message: 'is no http or https address',
    });
  });
});

async function untilWritten(file: string): Promise<void> {
  while (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') === '')
    await new Promise(resolve => setImmediate(resolve));
}

async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      if (fs.readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')) return;
    } catch {
      return;
    }
    await new Promise(resolve => setImmediate(resolve));
  }
}
