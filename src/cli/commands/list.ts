import {MilestoneError} from '../../errors.ts';
import {knownMilestones} from '../../milestone/find-milestone.ts';
import {look} from '../../milestone/look.ts';
import {type HomePaths, homePaths, type ListedMilestone} from '../../plan/file/home.ts';
import {phaseWeights} from '../../plan/kiro-plan.ts';
import type {MilestoneId, Plan, Problem} from '../../plan/plan.ts';
import {readIfExists} from '../../platform/files.ts';
import {print} from '../../platform/print.ts';
import type {Listed} from '../../reports/listed.ts';
import {milestoneProgress, taskProgress} from '../../state/progress.ts';
import {type TaskState, workerOf} from '../../state/task.ts';
import {choosePaint, type Paint} from '../../terminal/paint.ts';
import {printable} from '../../terminal/printable.ts';
import {cutTo, pad} from '../../terminal/width.ts';
import {requireHome} from '../choose-milestone.ts';
import {shownPosition} from '../shown-path.ts';

/** `milestone list`. */
export async function list(flags: {json?: boolean}): Promise<void> {
  const paths = homePaths(requireHome());
  const {milestones, warnings} = await listOf(paths);
  if (flags.json) return console.log(JSON.stringify({ok: true, milestones, warnings}));
  const paint = await choosePaint();
  const current = readIfExists(paths.current)?.trim();
  if (milestones.length === 0) console.log(`no milestones in ${printable(paths.home)}`);
  else console.log(table(milestones, current, paint));
  for (const warning of warnings) console.error(warningText(warning));
}

/** Every milestone that can be read, and what is wrong with the others. */
export async function listOf(paths: HomePaths): Promise<{milestones: Listed[]; warnings: Problem[]}> {
  return summariesOf(paths, milestonesOf(paths));
}

/** The same of the active ones. */
export async function activeOf(paths: HomePaths): Promise<{milestones: Listed[]; warnings: Problem[]}> {
  return summariesOf(paths, activeIn(paths));
}

const LINES = 18;

/** The active milestones, a line each. */
export async function listActive(paths: HomePaths): Promise<void> {
  const active = activeIn(paths);
  const {milestones, warnings} = await summariesOf(paths, active.slice(0, LINES));
  if (milestones.length > 0) print(`${table(milestones, undefined, await choosePaint())}\n`);
  if (active.length > LINES) print(`and ${active.length - LINES} more: \`milestone list\`\n`);
  print('`milestone status <id>` shows one of them\n');
  for (const warning of warnings) console.error(warningText(warning));
}

function activeIn(paths: HomePaths): ListedMilestone[] {
  return milestonesOf(paths).filter(({folder}) => folder === 'active');
}

async function summariesOf(paths: HomePaths, listed: readonly ListedMilestone[]) {
  const found = await Promise.all(listed.map(milestone => summaryOf(paths, milestone)));
  return {
    milestones: found.filter(entry => 'id' in entry),
    warnings: found.filter(entry => 'severity' in entry),
  };
}

/** A completed milestone that is in `active/` as well is one whose move was interrupted. */
function milestonesOf(paths: HomePaths): ListedMilestone[] {
  const seen = new Set<MilestoneId>();
  return knownMilestones(paths).filter(({id}) => !seen.has(id) && seen.add(id));
}

async function summaryOf(paths: HomePaths, {id, file}: ListedMilestone): Promise<Listed | Problem> {
  try {
    const {plan, stored, tasks} = (await look(paths, id)).snapshot;
    const weights = phaseWeights(plan.kiro_configuration);
    const sum = tasks.reduce((total, task) => total + taskProgress(task, weights), 0);
    const at_workers = attemptsAtWorkers(plan, tasks);
    return {
      id,
      title: plan.title,
      status: stored.status,
      percentage: milestoneProgress(sum, tasks.length),
      file,
      ...(at_workers.length > 0 && {at_workers}),
    };
  } catch (error) {
    if (!(error instanceof MilestoneError)) throw error;
    const {code, message, hint, where} = error;
    return {severity: 'warning', code, message, ...(hint !== undefined && {hint}), where: where ?? {file}};
  }
}

/** @param tasks In the order of the plan's. */
function attemptsAtWorkers(plan: Plan, tasks: readonly TaskState[]): NonNullable<Listed['at_workers']> {
  return plan.tasks.flatMap(({id: task_id}, index) => {
    const task = tasks[index];
    if (task?.status !== 'in_progress') return [];
    const worker = workerOf(task);
    return worker === undefined ? [] : {task_id, attempt: task.attempt, worker};
  });
}

function table(milestones: readonly Listed[], current: string | undefined, paint: Paint): string {
  const idWidth = Math.min(Math.max(...milestones.map(({id}) => id.length)), 40);
  return milestones
    .map(({id, title, status, percentage}) => {
      const start = `${id === current ? '*' : ' '} ${status.padEnd(11)} ${String(percentage).padStart(3)} %  `;
      const rest = cutTo(`${pad(id, idWidth)}  ${title === id ? '' : printable(title)}`.trimEnd(), 80 - start.length);
      return paintStatus(status, paint)(start) + rest;
    })
    .join('\n');
}

function paintStatus(status: string, paint: Paint): (text: string) => string {
  if (status === 'completed') return paint.green;
  if (status === 'blocked' || status === 'cancelled') return paint.red;
  return status === 'in_progress' ? paint.cyan : text => text;
}

function warningText({message, hint, where}: Problem): string {
  const lines = [
    `warning: ${where ? `${shownPosition(where)}: ` : ''}${message}`,
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ];
  return lines.map(line => printable(line)).join('\n');
}
