// Every setting, once: what it may be and what it means. `Settings` of plan.ts follows from it; what holds where nothing
// is set is in `DEFAULT_SETTINGS`, which the compiler keeps complete.

import * as z from 'zod';
import {LONGEST_MS, parseDuration} from '../duration.ts';

// What it would compile for these very schemas takes longer than to check a plan without, of whatever size.
z.config({jitless: true});

export const text = z
  .string()
  .refine(value => !value.includes('\0'), custom('BAD_TEXT', 'must not contain a NUL character'));
export const name = text.min(1);
export const command = z
  .string()
  .min(1)
  .refine(value => !/[\0-\x08\x0b-\x1f\x7f]/.test(value), custom('BAD_TEXT', 'must not contain control characters'))
  .describe('A shell command; the first line of it that fails ends it.');
/** @param meaning What takes so long, as a sentence. */
export const duration = (meaning: string) =>
  z
    .string()
    .refine(
      isTimerDuration,
      custom(
        'BAD_DURATION',
        'must be a number and a unit (`500ms`, `90s`, `15m`, `2h`), more than 0 and below 24 days',
      ),
    )
    .meta({
      pattern: '^\\d+(\\.\\d+)?\\s*(ms|s|m|h)$',
      description: `${meaning} A number and a unit, such as 500ms, 90s, 15m, 2h.`,
    });
const pattern = name.refine(
  isInnerPath,
  custom('BAD_PATTERN', 'must be relative to the top of the project, without `..` and with `/` as separator'),
);
export const patterns = z.array(pattern);
export const count = (least: number, most = 1_000_000) => z.int().min(least).max(most);
const amount = z.number().positive();

export const label = z
  .string()
  .refine(value => /^[A-Za-z0-9][\w.-]{0,63}$/.test(value), custom('BAD_VALUE', 'must be the name of a label'));

const OWN_WORD = custom('BAD_VALUE', 'must be the name of a label; `here` and `any` stand alone');

const whereValue = z.union([
  label,
  z.array(label.refine(value => value !== 'here' && value !== 'any', OWN_WORD)).min(1),
]);

const taskSettings = {
  driver: name
    .optional()
    .describe('claude, codex, opencode (by default the first that is found), manual, or a name under `drivers`.'),
  model: name.optional().describe('Model of the driver, as the driver calls it.'),
  effort: name.optional().describe('How hard the model is to think, as the driver calls it.'),
  verify: command
    .optional()
    .describe(
      'A command that is green when the work is right; that of a task is run besides that of the plan. `none` switches an inherited one off.',
    ),
  timeout: duration('Time for an attempt.').optional(),
  silent: duration('An attempt that prints nothing and changes nothing for so long is ended.').optional(),
  retries: count(0).optional().describe('Tries after the first.'),
  max_attempts: count(1)
    .optional()
    .describe('Most attempts of a task, those that cost no try included, but those that a quota ended.'),
  touches: patterns
    .optional()
    .describe('Areas of files that may be changed; tasks whose areas overlap do not run at the same time.'),
  touches_free: patterns
    .optional()
    .describe('Files that may be changed by any task, whatever `touches` says; by default lock files.'),
  protect: patterns.optional().describe('Files that no task may change unless its own `touches` names them.'),
  uses: z
    .array(name)
    .optional()
    .describe('Names of which only one user runs at a time, in all milestones of the repository.'),
  budget: z
    .object({
      usd: amount.optional().describe('Dollars, as the agents say.'),
      tokens: amount.optional().describe('Tokens, as the agents say.'),
      turns: amount.optional().describe('Turns of the agents.'),
      minutes: amount.optional().describe('Minutes that agents are at work.'),
    })
    .optional()
    .describe('What may be used; nothing new starts when it is spent.'),
  on_interrupt: z
    .enum(['rerun', 'ask'])
    .optional()
    .describe('After an interruption `rerun`, or `ask` for work that has effects outside its folder.'),
  permissions: z
    .enum(['edit', 'project', 'full'])
    .optional()
    .describe('What agents may do: `edit`, `project`, or `full`, which needs `--yolo` too.'),
  allow: z.array(name).optional().describe('More tools that agents may use, as their driver calls them.'),
  inherit: z
    .enum(['project', 'user'])
    .optional()
    .describe('Which settings of theirs agents get: of the `project`, or of the `user` as well.'),
  fallback: z.array(name).optional().describe('Drivers that are tried while the chosen one is out of quota.'),
  shell: z
    .enum(['sh', 'bash'])
    .optional()
    .describe(
      'Runs `run`, checks and setup: `sh -e -c`, or `bash -eo pipefail -c`, for which a pipe fails with any of its commands.',
    ),
  where: whereValue.optional().describe('`here`; `any`: on whichever worker; or the labels that a worker must carry.'),
};
export const taskSettingsSchema = z.object(taskSettings);

export const notifications = z
  .array(
    z.object({
      command: command.optional().describe('A command; it reads the event as JSON on standard input.'),
      webhook: name.optional().describe('Address that gets the event as JSON.'),
      events: z
        .array(name)
        .optional()
        .describe('Names of the events that are told; by default those that need a person, and the end.'),
    }),
  )
  .describe('Who is told of events.');

const agent = z.object({every: duration('Time between two looks.').optional()}).optional();

export const settingsSchema = z.object({
  ...taskSettings,
  max_parallel: count(1, 1_000).optional().describe('Attempts at a time.'),
  isolation: z
    .enum(['worktree', 'shared'])
    .optional()
    .describe('`worktree` (default in git): a folder of its own for each attempt; `shared`: all work in the checkout.'),
  verify_final: command.optional().describe('A command that is run once, before the milestone completes.'),
  verify_timeout: duration('Time for a check.').optional(),
  verify_retries: count(0)
    .optional()
    .describe('How often a red check is run again on the same files; green then is called flaky.'),
  verify_where: whereValue
    .optional()
    .describe(
      'Where the checks of what is merged run, as with `where`: those of rounds, of the base, and the final one.',
    ),
  on_exceed: z
    .enum(['finish', 'stop'])
    .optional()
    .describe('When the budget is spent: `finish` what runs, or `stop` it.'),
  on_blocker: z
    .enum(['isolate', 'stop'])
    .optional()
    .describe('`isolate` holds the task and what depends on it, `stop` holds everything.'),
  gates: z.enum(['wait', 'auto']).optional().describe('Approvals of phases: `wait` for a person, or `auto`.'),
  env: z
    .record(
      z.string().refine(key => /^[^=\0]+$/.test(key), custom('BAD_VALUE', 'must be the name of a variable')),
      text,
    )
    .optional()
    .describe("Variables for tasks and checks; the slot's number replaces its placeholder `MILESTONE_SLOT`."),
  env_deny: z.array(name).optional().describe('Variables that tasks and checks do not get.'),
  workspace: z
    .object({
      root: name
        .optional()
        .describe('Where they lie, relative to the top of the repository; by default in the state folder of the user.'),
      setup: command.optional().describe('A command that makes a fresh folder ready, such as `npm ci`.'),
      setup_when: patterns
        .optional()
        .describe('The setup runs again when one of these files differs, such as a lock file.'),
      teardown: command.optional().describe('A command that is run before a folder is removed.'),
      include: patterns
        .optional()
        .describe('Ignored files of the checkout that are copied into each folder, such as `.env`.'),
      submodules: z
        .enum(['auto', 'off'])
        .optional()
        .describe('`auto` fills submodules from what the repository has, nothing is fetched; `off` leaves them empty.'),
      fresh: z
        .boolean()
        .optional()
        .describe('A new folder for each attempt, without anything that earlier ones have left.'),
    })
    .optional()
    .describe('The folders that attempts work in.'),
  merge: z
    .object({
      batch: count(1)
        .optional()
        .describe('Most finished works that are checked and taken onto the branch together; 1: each alone.'),
    })
    .optional()
    .describe('How finished work is taken onto the branch.'),
  base: name.optional().describe('Branch or commit that the work starts from; by default what is checked out.'),
  git: z
    .object({
      sync: z
        .enum(['off', 'fetch', 'push'])
        .optional()
        .describe('`fetch` its upstream now and then, `push` it as well, or `off`.'),
      hooks: z.boolean().optional().describe('Run the hooks of the repository for commits.'),
      message: name.optional().describe('First line of commits; `{type}`, `{scope}` and `{title}` are replaced.'),
    })
    .optional()
    .describe('How the branch of the milestone is kept.'),
  checkpoint: z
    .enum(['live', 'settled'])
    .optional()
    .describe('State fields in the plan follow `live`, or only when the milestone is `settled`.'),
  agents: z
    .object({
      'task-executor': agent,
      'git-integration': agent,
      'progress-monitor': agent,
      'kiro-coordinator': agent,
      'dependency-validator': agent,
      'blocker-detector': agent,
      'session-manager': agent,
    })
    .optional()
    .describe('How often the loops inside the executor look again.'),
  notify: notifications.optional().describe('Who is told of events.'),
  keep_awake: z.enum(['auto', 'off']).optional().describe('Keep the machine awake while tasks run.'),
});

/** As read: a key is there with a value, or it is not there. */
export type Exact<T> = T extends object ? {[Key in keyof T]: Exact<Exclude<T[Key], undefined>>} : T;

export type TaskSettings = Exact<z.infer<typeof taskSettingsSchema>>;
export type Settings = Exact<z.infer<typeof settingsSchema>>;

export function custom(code: string, must: string) {
  return {error: must, params: {code}};
}

function isTimerDuration(value: string): boolean {
  const ms = parseDuration(value);
  return ms > 0 && ms <= LONGEST_MS;
}

/** Whether a path or pattern stays inside the folder that it is relative to. */
function isInnerPath(value: string): boolean {
  if (/^[/\\~]|^[A-Za-z]:|\\|\0/.test(value)) return false;
  return !value.split(/[/{},]/).includes('..');
}
