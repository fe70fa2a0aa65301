// What config.yaml and a plan say of drivers and notifications, against what there is. Starts nothing.

import type {DriverSet} from '../drivers/registry.ts';
import {whereProblems} from '../engine/where-problems.ts';
import {EVENT_NAMES} from '../events/event-kind.ts';
import {explainNoAgent} from '../milestone/no-agent.ts';
import {Problems} from '../plan/file/problems.ts';
import type {Config} from '../plan/file/read-plan-text.ts';
import {type Path, YamlSource} from '../plan/file/yaml/source.ts';
import type {Plan, Problem, Settings, Task} from '../plan/plan.ts';
import {didYouMean} from '../plan/suggest.ts';

/** A file, and where in it something stands. */
interface SourceFile {
  file: string;
  text: string;
}

/** Something named at a place of a file. */
interface Named {
  name: string;
  path: Path;
}

/** Entries of `drivers` that cannot be used, and what is odd about the project's settings. */
export function configSetupProblems(config: Config, drivers: DriverSet, origin: SourceFile): Problem[] {
  const found = new Findings(origin);
  for (const name of Object.keys(config.drivers ?? {})) {
    const wrong = drivers.explain(name);
    if (wrong) found.error('BAD_DRIVER', wrong.message, ['drivers', name]);
  }
  const {settings = {}} = config;
  checkNames(driversOfSettings(settings, ['settings']), drivers, config, found);
  checkEvents(config.notify, ['notify'], found);
  checkEvents(settings.notify, ['settings', 'notify'], found);
  checkPipes(commandsOfSettings(settings), settings.shell, found);
  return found.problems;
}

/** What is odd about a plan in this project. */
export function planSetupProblems(plan: Plan, config: Config, drivers: DriverSet, origin: SourceFile): Problem[] {
  const found = new Findings(origin);
  const named = plan.tasks.flatMap(task => driversOfTask(task));
  checkNames([...driversOfSettings(plan.settings, ['settings']), ...named], drivers, config, found);
  checkEvents(plan.settings.notify, ['settings', 'notify'], found);
  checkBudgets(plan, config.settings ?? {}, drivers, found);
  const shell = plan.settings.shell ?? config.settings?.shell;
  checkPipes(commandsOfSettings(plan.settings), shell, found);
  for (const task of plan.tasks) checkPipes(commandsOfTask(task), task.shell ?? shell, found);
  for (const {message, hint, setting, task} of whereProblems(plan, {config, drivers, isolation: IN_GIT}))
    found.warn('NO_WORKERS', message, task === undefined ? ['settings', setting] : ['tasks', task, setting], hint);
  const unstaffed = explainNoAgent(plan, config.settings ?? {}, drivers);
  if (unstaffed) found.warn('AGENT_MISSING', unstaffed.message, ['tasks'], unstaffed.hint);
  return found.problems;
}

/** Where the plan will be executed nobody knows; what it is about is told all the same. */
const IN_GIT = {activated: undefined, isInGit: true};

/** The drivers that a plan needs in this project, those of its settings only if a task makes use of them. */
export function driversNeeded(plan: Plan, project: Settings, drivers: DriverSet): Set<string> {
  const work = plan.tasks.filter(({run}) => run === undefined);
  return new Set(work.map(task => driverOf(task, plan, project, drivers)));
}

function driverOf(task: Task, plan: Plan, project: Settings, drivers: DriverSet): string {
  return task.driver ?? plan.settings.driver ?? project.driver ?? drivers.defaultName;
}

function driversOfSettings({driver, fallback = []}: Pick<Settings, 'driver' | 'fallback'>, path: Path): Named[] {
  return [
    ...(driver === undefined ? [] : [{name: driver, path: [...path, 'driver']}]),
    ...fallback.map((name, index) => ({name, path: [...path, 'fallback', index]})),
  ];
}

function driversOfTask(task: Task): Named[] {
  const path = ['tasks', task.id];
  const {review, kiro_workflow: workflow} = task;
  const phases = Object.entries(workflow?.phases ?? {}).flatMap(([phase, {driver} = {}]) =>
    driver === undefined ? [] : [{name: driver, path: [...path, 'kiro_workflow', 'phases', phase, 'driver']}],
  );
  const reviewer = review?.driver === undefined ? [] : [{name: review.driver, path: [...path, 'review', 'driver']}];
  return [...(task.run === undefined ? driversOfSettings(task, path) : []), ...reviewer, ...phases];
}

/** Entries of config.yaml that cannot be used are told there. */
function checkNames(named: readonly Named[], drivers: DriverSet, config: Config, found: Findings): void {
  for (const {name, path} of named) {
    const wrong = config.drivers?.[name] === undefined ? drivers.explain(name) : undefined;
    if (wrong) found.warn('UNKNOWN_DRIVER', wrong.message, path, wrong.hint);
  }
}

function checkEvents(channels: Settings['notify'], path: Path, found: Findings): void {
  for (const [channel, {events = []}] of (channels ?? []).entries())
    for (const [index, name] of events.entries()) {
      if ((EVENT_NAMES as readonly string[]).includes(name)) continue;
      const hint = didYouMean(name, EVENT_NAMES) ?? 'the names are those of `milestone log`';
      found.warn('UNKNOWN_EVENT', `there is no event \`${name}\``, [...path, channel, 'events', index], hint);
    }
}

/** Nobody knows what an agent has spent that does not say it. */
function checkBudgets(plan: Plan, project: Settings, drivers: DriverSet, found: Findings): void {
  const silent = (name: string) => drivers.traitsOf(name)?.reportsCost === false;
  const warn = (name: string, path: Path) =>
    found.warn(
      'BUDGET_NOT_HELD',
      `\`budget.usd\` does not hold the driver \`${name}\`, which does not say what its work costs`,
      path,
      'limit `tokens`, `turns` or `minutes` as well',
    );
  const ofMilestone = plan.settings.budget ?? project.budget;
  if (ofMilestone?.usd !== undefined)
    for (const name of driversNeeded(plan, project, drivers))
      if (silent(name)) warn(name, ['settings', 'budget', 'usd']);
  for (const task of plan.tasks) {
    const name = driverOf(task, plan, project, drivers);
    if (task.run === undefined && task.budget?.usd !== undefined && silent(name))
      warn(name, ['tasks', task.id, 'budget', 'usd']);
  }
}

/** A command, and where it stands. */
interface Command {
  text: string | undefined;
  path: Path;
}

function commandsOfSettings({verify, verify_final, workspace}: Settings): Command[] {
  const path = ['settings'];
  return [
    {text: verify, path: [...path, 'verify']},
    {text: verify_final, path: [...path, 'verify_final']},
    {text: workspace?.setup, path: [...path, 'workspace', 'setup']},
    {text: workspace?.teardown, path: [...path, 'workspace', 'teardown']},
  ];
}

function commandsOfTask({id, run, verify, kiro_workflow: workflow}: Task): Command[] {
  const path = ['tasks', id];
  const phases = Object.entries(workflow?.phases ?? {}).flatMap(([phase, {run, verify} = {}]) => {
    const ofPhase = [...path, 'kiro_workflow', 'phases', phase];
    return [
      {text: run, path: [...ofPhase, 'run']},
      {text: verify, path: [...ofPhase, 'verify']},
    ];
  });
  return [{text: run, path: [...path, 'run']}, {text: verify, path: [...path, 'verify']}, ...phases];
}

function checkPipes(commands: readonly Command[], shell: Settings['shell'], found: Findings): void {
  if (shell === 'bash') return;
  for (const {text, path} of commands)
    if (text !== undefined && hasPipe(text))
      found.warn(
        'PIPE_UNDER_SH',
        `of the pipe in \`${path.at(-1)}\` only the last command decides: \`sh\` does not see that one before it fails`,
        path,
        'set `shell: bash`, under which all of them have to succeed',
      );
}

type Warning =
  | 'NO_WORKERS'
  | 'UNKNOWN_DRIVER'
  | 'UNKNOWN_EVENT'
  | 'BUDGET_NOT_HELD'
  | 'AGENT_MISSING'
  | 'PIPE_UNDER_SH';

/** Problems in one file; it is read for their places only when there are any. */
class Findings {
  private readonly found: Problems;
  private source: YamlSource | undefined;

  constructor(private readonly origin: SourceFile) {
    this.found = new Problems(origin.file);
  }

  get problems(): Problem[] {
    return this.found.sorted();
  }

  error(code: 'BAD_DRIVER', message: string, path: Path): void {
    this.found.error(code, message, this.positionOf(path));
  }

  warn(code: Warning, message: string, path: Path, hint: string): void {
    this.found.warn(code, message, this.positionOf(path), hint);
  }

  private positionOf(path: Path) {
    this.source ??= YamlSource.parse(this.origin.text, new Problems(this.origin.file));
    const [top, id, ...rest] = path;
    return this.source?.positionAt(
      top === 'tasks' && id !== undefined ? [top, this.taskAt(id as string), ...rest] : path,
    );
  }

  /** Tasks are named by their ids, and found by their places. */
  private taskAt(id: string): number {
    for (let index = 0; ; index++) {
      const text = this.source?.textAt(['tasks', index, 'id']);
      if (text === id || (text === undefined && !this.source?.nodeAt(['tasks', index]))) return index;
    }
  }
}

/**
 * Whether a shell command has a pipe outside of quotes: `sh` takes the exit code of its last command alone. Whoever sets
 * `pipefail` himself knows.
 */
export function hasPipe(command: string): boolean {
  if (/\bpipefail\b|\bcase\b/.test(command)) return false; // patterns of `case` have the same sign
  const outside = command.replace(/\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|(?<=^|\s)#.*$/gm, '');
  return /(?<![|>])\|(?!\|)/.test(outside);
}
