import {expect, test} from 'vitest';
import {parseDuration} from '../../src/plan/duration.ts';
import {resolveMilestoneSettings, resolveTaskSettings} from '../../src/plan/settings.ts';

test.each([
  ['500ms', 500],
  ['90s', 90_000],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['1.5h', 5_400_000],
  ['15', Number.NaN],
  ['-1s', Number.NaN],
  ['1h30m', Number.NaN],
  ['', Number.NaN],
])('the duration %s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test('a task without settings gets the defaults', () => {
  expect(resolveTaskSettings({id: 'a', title: 'A'}, {})).toMatchObject({
    timeoutMs: 2_700_000,
    silentMs: 900_000,
    retries: 2,
    maxAttempts: 8,
    onInterrupt: 'rerun',
    permissions: 'project',
    inherit: 'project',
    uses: [],
  });
  expect(resolveMilestoneSettings({})).toEqual({
    maxParallel: 3,
    verifyTimeoutMs: 900_000,
    verifyRetries: 1,
    onExceed: 'finish',
    onBlocker: 'isolate',
    gates: 'wait',
    env: {},
    envDeny: [],
    workspace: {fresh: false, submodules: 'auto'},
    merge: {batch: 8},
    git: {sync: 'off', hooks: false, message: '{type}({scope}): {title}'},
    checkpoint: 'live',
    agents: {},
    notify: [],
    keepAwake: 'auto',
    shell: 'sh',
  });
});

test('the task goes before the plan, the plan before the project', () => {
  const project = {retries: 1, timeout: '1m', verify: 'project', driver: 'codex', touches: ['p']};
  const plan = {retries: 3, verify: 'plan'};
  const task = {id: 'a', title: 'A', retries: 0, verify: 'task', touches: []};
  expect(resolveTaskSettings(task, plan, project)).toMatchObject({
    retries: 0,
    timeoutMs: 60_000,
    driver: 'codex',
    taskVerify: 'task',
    milestoneVerify: 'plan',
    touches: [],
  });
});

test('maps of the plan and the project are joined', () => {
  expect(
    resolveMilestoneSettings(
      {env: {A: '2'}, git: {hooks: true}, workspace: {setup: 'x'}, agents: {'git-integration': {every: '1m'}}},
      {env: {A: '1', B: '1'}, git: {sync: 'fetch'}, workspace: {root: 'r'}, max_parallel: 7},
    ),
  ).toMatchObject({
    maxParallel: 7,
    env: {A: '2', B: '1'},
    git: {sync: 'fetch', hooks: true},
    workspace: {root: 'r', setup: 'x'},
    agents: {'git-integration': {everyMs: 60_000}},
  });
});

test('`none` switches a check off that would be inherited', () => {
  const task = {id: 'a', title: 'A'};
  expect(resolveTaskSettings(task, {verify: 'none'}, {verify: 'project'}).milestoneVerify).toBeUndefined();
  const {taskVerify, milestoneVerify} = resolveTaskSettings({...task, verify: 'none'}, {verify: 'plan'});
  expect({taskVerify, milestoneVerify}).toEqual({});
  const {verify, verifyFinal} = resolveMilestoneSettings({verify: 'none', verify_final: 'none'}, {verify: 'project'});
  expect({verify, verifyFinal}).toEqual({});
});
