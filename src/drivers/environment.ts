import {TOKEN_VARIABLE} from '../platform/tokens.ts';

export interface EnvironmentSource {
  /** The environment that milestone itself was started with. */
  callerEnv: Readonly<Record<string, string | undefined>>;
  /** Names, or globs with `*` and `?`, of variables that no attempt sees. */
  envDeny?: readonly string[] | undefined;
  /** Variables that are added; `${MILESTONE_SLOT}` in a value becomes the number of the slot. */
  env?: Readonly<Record<string, string>> | undefined;
}

export interface AttemptName {
  milestoneId: string;
  taskId: string;
  attempt: number;
  slot: number;
  token: string;
}

/** Set by a git that calls a program (a hook, an alias): they would turn every git in a slot to another repository. */
const GIT_REDIRECTIONS = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_QUARANTINE_PATH',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_GRAFT_FILE',
  'GIT_SHALLOW_FILE',
];

/** An outer attempt's; each attempt gets its own. */
const OF_AN_ATTEMPT = [
  'MILESTONE_ID',
  'MILESTONE_TASK',
  'MILESTONE_ATTEMPT',
  'MILESTONE_SLOT',
  'MILESTONE_DELIVERABLES',
];

const SLOT = `\${MILESTONE_SLOT}`;

/** Makes the environment of attempts; what they have in common is worked out once. */
export class AttemptEnvironment {
  readonly #base: Record<string, string>;
  /** Added variables that differ from slot to slot. */
  readonly #bySlot: Array<[name: string, value: string]>;

  constructor({callerEnv, envDeny = [], env = {}}: EnvironmentSource) {
    const added = Object.entries(env);
    this.#base = {
      ...takeAway(callerEnv, envDeny),
      ...Object.fromEntries(added.filter(([, value]) => !value.includes(SLOT))),
    };
    this.#bySlot = added.filter(([, value]) => value.includes(SLOT));
  }

  /** The whole environment of one attempt. */
  of({milestoneId, taskId, attempt, slot, token}: AttemptName): Record<string, string> {
    const env: Record<string, string> = {...this.#base};
    for (const [name, value] of this.#bySlot) env[name] = value.replaceAll(SLOT, String(slot));
    env.MILESTONE_ID = milestoneId;
    env.MILESTONE_TASK = taskId;
    env.MILESTONE_ATTEMPT = String(attempt);
    env.MILESTONE_SLOT = String(slot);
    env[TOKEN_VARIABLE] = token;
    return env;
  }
}

function takeAway(callerEnv: EnvironmentSource['callerEnv'], deny: readonly string[]): Record<string, string> {
  const denied = [...GIT_REDIRECTIONS, ...OF_AN_ATTEMPT, TOKEN_VARIABLE, ...deny].map(compileGlob);
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
