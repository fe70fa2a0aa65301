import {expect, test} from 'vitest';
import {AttemptEnvironment, isInsideAgent} from '../../src/drivers/environment.ts';

const name = {milestoneId: 'auth-api', taskId: 'login', attempt: 2, slot: 1, token: 'abc-7'};
const own = {
  MILESTONE_ID: 'auth-api',
  MILESTONE_TASK: 'login',
  MILESTONE_ATTEMPT: '2',
  MILESTONE_SLOT: '1',
  MILESTONE_RUN: 'abc-7',
};

test('an attempt sees the environment of the caller, and who it is', () => {
  const environment = new AttemptEnvironment({
    callerEnv: {PATH: '/bin', HOME: '/home/ada', EMPTY: '', GONE: undefined},
  });
  expect(environment.of(name)).toEqual({PATH: '/bin', HOME: '/home/ada', EMPTY: '', ...own});
});

test('it does not see what is denied, by name or by glob', () => {
  const callerEnv = {AWS_KEY: '1', AWS_ID: '2', MY_AWS_KEY: '3', A_TOKEN: '4', A1: '5', A12: '6', 'X.Y': '7', XZY: '8'};
  const environment = new AttemptEnvironment({callerEnv, envDeny: ['AWS_*', '*_TOKEN', 'A?', 'X.Y']});
  expect(environment.of(name)).toEqual({MY_AWS_KEY: '3', A12: '6', XZY: '8', ...own});
});

test('it does not see what holds for the folder, the npm script or the git of the caller, nor an outer attempt', () => {
  const callerEnv = {
    GIT_DIR: '/x',
    GIT_INDEX_FILE: '/y',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_SSH_COMMAND: 'ssh -v',
    PWD: '/home/ada/shop',
    OLDPWD: '/home/ada',
    INIT_CWD: '/home/ada/shop',
    npm_config_prefix: '/p',
    npm_lifecycle_event: 'start',
    NPM_TOKEN: 't',
    MILESTONE_RUN: 'outer',
    MILESTONE_DELIVERABLES: '/z',
  };
  expect(new AttemptEnvironment({callerEnv}).of(name)).toEqual({NPM_TOKEN: 't', ...own});
  const env = {GIT_SSH_COMMAND: 'ssh', npm_config_cache: '/c', PWD: '/elsewhere'};
  expect(new AttemptEnvironment({callerEnv, env}).of(name)).toEqual({
    NPM_TOKEN: 't',
    GIT_SSH_COMMAND: 'ssh',
    npm_config_cache: '/c',
    ...own,
  });
});

test('what the plan adds wins over the caller and over what is denied, and may name the slot', () => {
  const environment = new AttemptEnvironment({
    callerEnv: {PORT: '1', CI: 'no'},
    envDeny: ['CI', 'PORT'],
    env: {PORT: `300\${MILESTONE_SLOT}`, DB: `db\${MILESTONE_SLOT}-\${MILESTONE_SLOT}`, CI: `\${HOME}`},
  });
  expect(environment.of(name)).toEqual({PORT: '3001', DB: 'db1-1', CI: `\${HOME}`, ...own});
  expect(environment.of({...name, slot: 2})).toMatchObject({PORT: '3002', DB: 'db2-2', MILESTONE_SLOT: '2'});
});

test('the plan cannot say who an attempt is', () => {
  const env = {MILESTONE_RUN: 'mine', MILESTONE_SLOT: '9', MILESTONE_TASK: `\${MILESTONE_SLOT}`};
  expect(new AttemptEnvironment({callerEnv: {}, env}).of(name)).toEqual(own);
});

test('it does not see the session of a coding agent around it, but how the user set his agents up', () => {
  const kept = {
    ANTHROPIC_API_KEY: 'k',
    ANTHROPIC_BASE_URL: 'u',
    API_TIMEOUT_MS: '1',
    CLAUDE_CODE_MAX_RETRIES: '2',
    CLAUDE_CODE_USE_BEDROCK: '1',
    CLAUDE_CODE_OAUTH_TOKEN: 't',
    CLAUDE_CONFIG_DIR: '/c',
    CODEX_HOME: '/x',
    OPENCODE_CONFIG: '/o',
  };
  const session = {
    CLAUDECODE: '1',
    CLAUDE_CODE_ENTRYPOINT: 'cli',
    CLAUDE_CODE_SESSION_ID: 's',
    CLAUDE_CODE_CHILD_SESSION: '1',
    CLAUDE_CODE_MESSAGING_SOCKET: '/s',
    CLAUDE_PID: '3',
    CLAUDE_EFFORT: 'max',
    CODEX_SANDBOX: 'seatbelt',
    CODEX_THREAD_ID: 't',
    OPENCODE_PID: '4',
    OPENCODE_SERVER_PASSWORD: 'p',
  };
  expect(new AttemptEnvironment({callerEnv: {...kept, ...session}}).of(name)).toEqual({...kept, ...own});
  expect([isInsideAgent(kept), isInsideAgent(session), isInsideAgent({OPENCODE: '1'})]).toEqual([false, true, true]);
});
