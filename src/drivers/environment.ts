import {TOKEN_VARIABLE} from '../platform/processes/tokens.ts';
import type {AttemptId} from '../state/task.ts';

export interface EnvironmentSource {
  /** The environment that milestone itself was started with. */
  callerEnv: Readonly<Record<string, string | undefined>>;
  /** Names, or globs with `*` and `?`, of variables that no attempt sees. */
  envDeny?: readonly string[] | undefined;
  /** Variables that are added; `${MILESTONE_SLOT}` in a value becomes the number of the slot. */
  env?: Readonly<Record<string, string>> | undefined;
}

export interface AttemptName extends AttemptId {
  milestoneId: string;
  slot: number;
  token: string;
}

/**
 * What holds for the caller's folder, for the npm script or the git (a hook, an alias) that has called milestone: it would
 * turn programs in a slot to the user's checkout. What the plan's `env` names is there all the same.
 */
const OF_THE_CALLER = ['OLDPWD', 'INIT_CWD', 'npm_*', 'GIT_*'];

/**
 * Of a session of a coding agent that milestone runs inside of: an agent that sees them takes itself for a part of it.
 * How the user sets his agents up (`CLAUDE_CODE_USE_BEDROCK`, `CODEX_HOME`, …) stays.
 */
const OUTER_AGENT = [
  'CLAUDECODE',
  'CLAUDE_CODE_SESSION_*',
  'CLAUDE_CODE_REMOTE_SESSION_ID',
  'CLAUDE_CODE_RESUME_FROM_SESSION',
  'CLAUDE_CODE_CHILD_SESSION',
  'CLAUDE_CODE_TMUX_SESSION',
  'CLAUDE_CODE_MESSAGING_*',
  'CLAUDE_CODE_ENTRYPOINT',
  'CLAUDE_CODE_SSE_PORT',
  'CLAUDE_PID',
  'CLAUDE_EFFORT',
  'CLAUDE_ENV_FILE',
  'CLAUDE_PROJECT_DIR',
  'CLAUDE_PLUGIN_*',
  'CODEX_THREAD_ID',
  'CODEX_SESSION_ID',
  'CODEX_TOOL_CALL_ID',
  'CODEX_SANDBOX*',
  'CODEX_SNAPSHOT_*',
  'CODEX_INTERNAL_ORIGINATOR_OVERRIDE',
  'OPENCODE',
  'OPENCODE_PID',
  'OPENCODE_RUN_ID',
  'OPENCODE_CLIENT',
  'OPENCODE_WORKSPACE_ID',
  'OPENCODE_PROCESS_ROLE',
  'OPENCODE_SERVER_*',
];

/** Set by each agent for what its shell runs. */
const INSIDE_AGENT = ['CLAUDECODE', 'CODEX_THREAD_ID', 'CODEX_SANDBOX', 'OPENCODE', 'OPENCODE_PID'];

/** Whether milestone was started by a coding agent. */
export function isInsideAgent(callerEnv: EnvironmentSource['callerEnv']): boolean {
  return INSIDE_AGENT.some(name => callerEnv[name]);
}

/** Who has it can have workers run anything. */
const OF_THE_WORKERS = ['MILESTONE_WORKERS_*'];

/** Each attempt gets its own, neither that of an outer attempt nor one from the plan. `PWD` is set at every start. */
const RESERVED = [
  'PWD',
  TOKEN_VARIABLE,
  'MILESTONE_ID',
  'MILESTONE_TASK',
  'MILESTONE_ATTEMPT',
  'MILESTONE_SLOT',
  'MILESTONE_DELIVERABLES',
  'MILESTONE_REJECTION',
];

const SLOT = `\${MILESTONE_SLOT}`;

/** Makes the environment of attempts; what they have in common is worked out once. */
export class AttemptEnvironment {
  /** What is the same for all; none of the names that differ is in it. */
  readonly #base: Record<string, string>;
  /** Added variables that differ from slot to slot. */
  readonly #bySlot: Array<[name: string, value: string]>;

  constructor({callerEnv, envDeny = [], env = {}}: EnvironmentSource) {
    const added = Object.entries(env).filter(([name]) => !RESERVED.includes(name));
    this.#bySlot = added.filter(([, value]) => value.includes(SLOT));
    const base = {...withoutCaller(callerEnv, envDeny), ...Object.fromEntries(added)};
    for (const [name] of this.#bySlot) delete base[name];
    this.#base = base;
  }

  /** The whole environment of one attempt. */
  of({milestoneId, taskId, attempt, slot, token}: AttemptName): Record<string, string> {
    const env: Record<string, string> = {
      MILESTONE_ID: milestoneId,
      MILESTONE_TASK: taskId,
      MILESTONE_ATTEMPT: String(attempt),
      MILESTONE_SLOT: String(slot),
      [TOKEN_VARIABLE]: token,
    };
    for (const [name, value] of this.#bySlot) env[name] = value.replaceAll(SLOT, String(slot));
    // Not `{...base}`: V8 keeps something of each spread of so many names, and every spawn pays for the memory.
    return Object.assign(env, this.#base);
  }
}

/** The environment of the caller, without what is his alone. */
export function withoutCaller(
  callerEnv: EnvironmentSource['callerEnv'],
  deny: readonly string[] = [],
): Record<string, string> {
  const denied = [...OF_THE_CALLER, ...OUTER_AGENT, ...OF_THE_WORKERS, ...RESERVED, ...deny].map(compileGlob);
  return Object.fromEntries(
    Object.entries(callerEnv).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !denied.some(glob => glob.test(entry[0])),
    ),
  );
}

function compileGlob(glob: string): RegExp {
  const pattern = glob
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 's');
}
