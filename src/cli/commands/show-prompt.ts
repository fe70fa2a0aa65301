import path from 'node:path';
import {MANUAL_DRIVER} from '../../drivers/manual.ts';
import {DriverSet} from '../../drivers/registry.ts';
import {MilestoneError} from '../../errors.ts';
import {openRepository} from '../../git/repository.ts';
import {look, type MilestoneView} from '../../milestone/look.ts';
import {validateConfig} from '../../plan/assert-valid.ts';
import {judgeEdit} from '../../plan/edited-plan.ts';
import {homePaths} from '../../plan/file/home.ts';
import {readConfigFile, readPlanFile} from '../../plan/file/reader.ts';
import {isKiro, taskInPhase} from '../../plan/kiro-plan.ts';
import type {KiroPhase, Settings, Task, TaskId} from '../../plan/plan.ts';
import {unknownTask} from '../../plan/selection.ts';
import {resolveTaskSettings} from '../../plan/settings.ts';
import {createRedactor} from '../../platform/redact.ts';
import type {TemplateName} from '../../prompts/prompt-input.ts';
import {taskPrompt} from '../../prompts/task-prompt.ts';
import {builtInTemplate, namesOf} from '../../prompts/templates.ts';
import {type MilestoneState, phaseInWork, taskState} from '../../state/milestone.ts';
import {adoptChange} from '../../state/plan-in-force.ts';
import {restoreSnapshot} from '../../state/snapshot.ts';
import {isSatisfied} from '../../state/task.ts';
import {printable} from '../../terminal/printable.ts';
import {requireHome} from '../choose-milestone.ts';
import {Output} from '../output.ts';
import {targetTask} from '../target.ts';

export interface PromptFlags {
  milestone?: string;
  phase?: KiroPhase;
  json?: boolean;
}

/**
 * `milestone prompt`: what the next attempt of a task is told, as things stand. Runs nothing but git, to read.
 * @throws {MilestoneError} `UNKNOWN_TASK`, `USAGE`, `WRONG_STATUS` for a task that runs a command, `CONFIG_INVALID`.
 */
export async function showPrompt(words: readonly string[], flags: PromptFlags): Promise<void> {
  const paths = homePaths(requireHome());
  const {milestone, task: id} = await targetTask(paths, words, flags.milestone);
  if (id === undefined)
    throw new MilestoneError('USAGE', 'a task is missing', {hint: `milestone prompt ${milestone} <task>`});
  const view = await look(paths, milestone);
  const state = stateOf(view);
  const task = findTask(state, id, flags);
  const {config, problems} = readConfigFile(paths.config);
  validateConfig(problems);
  const settings = resolveTaskSettings(task, state.plan.settings, config.settings as Settings);
  const {redactText} = createRedactor(process.env);
  const sources = {
    state,
    paths,
    repo: state.activation?.isolation === 'none' ? undefined : await openRepository(path.dirname(paths.home)),
    settings,
    driver: settings.driver ?? taskState(state, id).history.last?.driver ?? MANUAL_DRIVER,
    redactText,
    ...(flags.phase && {phase: flags.phase}),
  };
  const drivers = new DriverSet({drivers: config.drivers, env: process.env});
  const byHand = drivers.choose(task, settings).kind === 'manual';
  const prompt = await taskPrompt({...sources, byHand}, id);
  const phase = flags.phase ?? phaseInWork(state, id);
  warnOfUnfinished(state, task);
  await print(prompt, flags, {task_id: id, ...(phase && {phase}), prompt});
}

/** `milestone prompt --template`. */
export async function showTemplate(name: TemplateName, flags: {json?: boolean}): Promise<void> {
  const {text} = builtInTemplate(name);
  const names = namesOf(name);
  if (!flags.json)
    console.error(`note: put it into .milestones/prompts/${name}.md to change it; it can name ${names.join(', ')}`);
  await print(text, flags, {name, template: text, names});
}

async function print(text: string, flags: {json?: boolean}, answer: object): Promise<void> {
  const shown = process.stdout.isTTY ? printable(text, {lines: true}) : text;
  await new Output().write(flags.json ? `${JSON.stringify({ok: true, ...answer})}\n` : shown);
}

/** The state with the plan as it lies there, which is in force when the next attempt starts. */
function stateOf(view: MilestoneView): MilestoneState {
  const state = restoreSnapshot(view.snapshot);
  if (!view.edit || view.edit.problems.length > 0) return state;
  const isCompleted = (id: TaskId) => state.tasks.get(id)?.status === 'completed';
  const edited = judgeEdit(state.plan, readPlanFile(view.file), isCompleted);
  if (edited.kind === 'changed') adoptChange(state, edited.change);
  return state;
}

/** The task, as it is in its phase. */
function findTask(state: MilestoneState, id: TaskId, {phase = undefined}: PromptFlags): Task {
  const whole = state.taskById.get(id);
  if (!whole) throw unknownTask(state.plan, id);
  if (phase && !isKiro(whole))
    throw new MilestoneError('USAGE', `task \`${id}\` has no phases: it has no \`kiro_workflow\` that is enabled`);
  const inWork = phase ?? phaseInWork(state, id);
  const task = inWork ? taskInPhase(whole, inWork) : whole;
  if (task.run === undefined) return task;
  throw new MilestoneError('WRONG_STATUS', `task \`${id}\` runs a command, and gets no prompt`, {
    hint: `it runs \`${task.run}\``,
  });
}

function warnOfUnfinished(state: MilestoneState, task: Task): void {
  const open = (task.dependencies ?? []).filter(id => !isSatisfied(taskState(state, id)));
  if (open.length === 0) return;
  const names = open.map(id => `\`${id}\``).join(', ');
  console.error(printable(`note: what ${names} will have produced is not in it yet`));
}
