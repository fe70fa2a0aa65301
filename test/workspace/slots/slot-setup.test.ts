import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {Repository} from '../../../src/git/git.ts';
import type {WorkspaceSettings} from '../../../src/plan/plan.ts';
import {SlotSetup} from '../../../src/workspace/slots/slot-setup.ts';

let slot: Repository;
let settings: WorkspaceSettings;
let timesRun: number;

beforeEach(() => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'slot-setup-'));
  slot = {
    topLevel: folder,
    gitDir: folder,
    commonDir: folder,
    objectFormat: 'sha1',
    prefix: '',
    signers: async () => ({author: '', committer: ''}),
    environment: {},
  };
  settings = {setup: 'make', setup_when: ['lock']};
  timesRun = 0;
});

afterEach(() => fs.rmSync(slot.topLevel, {recursive: true}));

/** As an execution does that knows of the slot only what is on disk. */
function setUp(isNew = false) {
  const setup = new SlotSetup({
    repo: slot,
    settings: () => settings,
    runCheck: async ({name, command}) => {
      timesRun++;
      return {name, command, ok: true, exit_code: 0, duration_ms: 1};
    },
    runTeardown: async () => undefined,
    warn: () => undefined,
  });
  return {setup, done: setup.run(slot, 0, {isNew, signal: new AbortController().signal})};
}

test('a slot is set up once for one command and one state of the files of `setup_when`', async () => {
  await setUp().done;
  await setUp().done;
  expect(timesRun).toBe(1);
  fs.writeFileSync(path.join(slot.topLevel, 'lock'), '2');
  await setUp().done;
  expect(timesRun).toBe(2);
  settings = {...settings, setup: 'make all'};
  await setUp().done;
  await setUp().done;
  expect(timesRun).toBe(3);
});

test('a slot that has lost what its setup made is set up again, also by another execution', async () => {
  const {setup, done} = setUp();
  await done;
  setup.forget(slot);
  await setUp().done;
  expect(timesRun).toBe(2);
});

test('a slot that was made anew while the plan had no setup is set up again once it has one', async () => {
  await setUp().done;
  const {setup: command} = settings;
  settings = {};
  await setUp(true).done;
  settings = {setup: command as string, setup_when: ['lock']};
  await setUp().done;
  expect(timesRun).toBe(2);
});
