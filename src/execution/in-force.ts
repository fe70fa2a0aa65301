import type {DriverChoice, DriverSet} from '../drivers/registry.ts';
import {taskInPhase} from '../plan/kiro-plan.ts';
import type {Plan, Settings, Task, TaskId} from '../plan/plan.ts';
import {
  hasOwnSettings,
  type ResolvedMilestoneSettings,
  type ResolvedTaskSettings,
  resolveMilestoneSettings,
  resolveTaskSettings,
} from '../plan/settings.ts';
import {whyItStays} from '../plan/where.ts';
import type {Constraint} from '../scheduler/choose-next.ts';
import {workToIntegrate} from '../state/kiro-task.ts';
import {type MilestoneState, phaseInWork, taskState} from '../state/milestone.ts';
import type {Standing} from './ready-tasks.ts';

export interface InForceParts {
  state: MilestoneState;
  drivers: DriverSet;
  /** Of config.yaml. */
  projectSettings: Settings;
  /** Of the command line; they win over the plan's. */
  overrides: {maxParallel?: number; gates?: 'wait' | 'auto'};
  /** Whether work gets onto a branch. */
  hasBranch: boolean;
  /** Why nobody takes what asks for these labels, as the name of who cannot; absent where there are no workers at all. */
  outOfReach?: ((labels: readonly string[]) => {driver: string} | undefined) | undefined;
}

/** Settings as they were worked out from one plan. */
interface Resolved {
  plan: Plan;
  milestone: ResolvedMilestoneSettings;
  /** Of all tasks that set nothing themselves. */
  shared: ResolvedTaskSettings;
  own: Map<string, ResolvedTaskSettings>;
}

/** What the plan in force says of each task at the moment: what it is, under which settings, and who does it. */
export class InForce {
  private resolved: Resolved;

  constructor(private readonly parts: InForceParts) {
    this.resolved = this.resolve();
  }

  get drivers(): DriverSet {
    return this.parts.drivers;
  }

  get settings(): ResolvedMilestoneSettings {
    return this.current.milestone;
  }

  /** The task as it is worked on now: a kiro task in its phase. */
  taskOf(id: TaskId): Task {
    const task = this.parts.state.taskById.get(id) as Task;
    const phase = phaseInWork(this.parts.state, id);
    return phase === undefined ? task : taskInPhase(task, phase);
  }

  /** What holds for it now. */
  settingsOf(id: TaskId): ResolvedTaskSettings {
    const {state, projectSettings} = this.parts;
    const {shared, own, plan} = this.current;
    const phase = phaseInWork(state, id);
    const task = state.taskById.get(id) as Task;
    if (phase === undefined && !hasOwnSettings(task)) return shared;
    const key = `${id} ${phase ?? ''}`;
    let settings = own.get(key);
    if (!settings) {
      settings = resolveTaskSettings(this.taskOf(id), plan.settings, projectSettings);
      // Documents are no code: what is checked is what the phase itself says.
      if (phase !== undefined && phase !== 'execute') delete settings.milestoneVerify;
      own.set(key, settings);
    }
    return settings;
  }

  /** A phase that only writes documents touches no code. */
  constraintOf(id: TaskId): Constraint {
    const settings = this.settingsOf(id);
    const phase = phaseInWork(this.parts.state, id);
    return phase === undefined || phase === 'execute' ? settings : {uses: settings.uses};
  }

  /** Whether tasks wait for the checks of the base. */
  get needsBaseline(): boolean {
    const {state, hasBranch} = this.parts;
    return this.settings.verify !== undefined && hasBranch && state.baseline?.ok !== true;
  }

  /** Whether somebody can do a task now. All but people wait for the checks of the base. */
  standingOf(id: TaskId): Standing {
    const {state, drivers} = this.parts;
    // Nobody is needed for work that only has to be integrated.
    if (workToIntegrate(taskState(state, id)) !== undefined) return {kind: 'go'};
    const choice = this.driverOf(id);
    if (choice.kind === 'manual') return {kind: 'manual'};
    if (this.needsBaseline) return {kind: 'waits', driver: choice.name};
    const away = this.awayFrom(id);
    if (away !== undefined) return {kind: 'waits', driver: away};
    if (choice.kind !== 'driver' || !choice.driver.agent) return {kind: 'go'};
    if (this.isPaused(choice)) return {kind: 'waits', driver: choice.driver.name};
    // Work that nobody can review would be done again.
    const reviewer = this.taskOf(id).review?.driver;
    const isWaiting = reviewer !== undefined && this.isPaused(drivers.get(reviewer));
    return isWaiting ? {kind: 'waits', driver: drivers.providerOf(reviewer)} : {kind: 'go'};
  }

  /** Labels of the worker that checks what is merged; undefined where that is done here. */
  get checkLabels(): readonly string[] | undefined {
    return this.parts.outOfReach && this.settings.verifyLabels;
  }

  /** Labels of the worker that a task goes to; undefined where it is done here. */
  labelsOf(id: TaskId): readonly string[] | undefined {
    const {labels} = this.settingsOf(id);
    if (labels === undefined || !this.parts.outOfReach) return undefined;
    const task = this.parts.state.taskById.get(id) as Task;
    const choice = this.parts.drivers.chooseElsewhere(task, this.settingsOf(id));
    const stays = whyItStays({
      task,
      settings: this.settingsOf(id),
      isManual: choice.kind === 'manual',
      hooks: this.settings.git.hooks,
      isolation: this.parts.state.activation?.isolation ?? 'none',
    });
    return stays === undefined ? labels : undefined;
  }

  /** Who would do a task now; a driver that rests is stood in for where the plan says so. */
  driverOf(id: TaskId): DriverChoice {
    const {drivers} = this.parts;
    const task = this.taskOf(id);
    const settings = this.settingsOf(id);
    const goesOut = this.labelsOf(id) !== undefined;
    const choice = goesOut ? drivers.chooseElsewhere(task, settings) : drivers.choose(task, settings);
    if (!this.isPaused(choice)) return choice;
    for (const name of settings.fallback) {
      const other = drivers.get(name);
      if (other.kind === 'driver' && !this.isPaused(other)) return {...other, isStandIn: true};
    }
    return choice;
  }

  /** The workers that a task waits for. */
  private awayFrom(id: TaskId): string | undefined {
    const labels = this.labelsOf(id);
    return labels && this.parts.outOfReach?.(labels)?.driver;
  }

  /** Whatever it is called: all names of a driver have one login and one quota. */
  private isPaused(choice: DriverChoice): boolean {
    return choice.kind === 'driver' && Object.hasOwn(this.parts.state.pausedDrivers, choice.driver.name);
  }

  /** A plan in force is a value: whoever changes it puts another one in its place. */
  private get current(): Resolved {
    if (this.resolved.plan !== this.parts.state.plan) this.resolved = this.resolve();
    return this.resolved;
  }

  private resolve(): Resolved {
    const {projectSettings, overrides, state} = this.parts;
    const {plan} = state;
    const settings = resolveMilestoneSettings(plan.settings, projectSettings);
    // One checkout, one attempt at a time.
    const isShared = state.activation?.isolation === 'shared';
    const maxParallel = isShared ? 1 : (overrides.maxParallel ?? settings.maxParallel);
    return {
      plan,
      milestone: {...settings, maxParallel, gates: overrides.gates ?? settings.gates},
      shared: resolveTaskSettings({id: '', title: ''}, plan.settings, projectSettings),
      own: new Map(),
    };
  }
}
