import type {DriverChoice, DriverSet} from '../drivers/registry.ts';
import {taskInPhase} from '../plan/kiro-plan.ts';
import type {Settings, Task, TaskId} from '../plan/plan.ts';
import {hasOwnSettings, type ResolvedTaskSettings, resolveTaskSettings} from '../plan/settings.ts';
import type {Constraint} from '../scheduler/choose-next.ts';
import {workToIntegrate} from '../state/kiro-task.ts';
import {type MilestoneState, phaseInWork, taskState} from '../state/milestone.ts';
import type {Standing} from './ready-tasks.ts';

export interface AssignmentParts {
  state: MilestoneState;
  drivers: DriverSet;
  /** Of config.yaml. */
  projectSettings: Settings;
}

/** What each task is at the moment, under which settings, and who does it. */
export class Assignments {
  private readonly state: MilestoneState;
  private readonly drivers: DriverSet;
  private readonly projectSettings: Settings;
  /** Of all tasks that set nothing themselves. */
  private sharedSettings: ResolvedTaskSettings;
  private ownSettings = new Map<string, ResolvedTaskSettings>();

  constructor({state, drivers, projectSettings}: AssignmentParts) {
    this.state = state;
    this.drivers = drivers;
    this.projectSettings = projectSettings;
    this.sharedSettings = this.resolveShared();
  }

  /** The plan changed: settings are worked out anew. */
  adoptPlan(): void {
    this.sharedSettings = this.resolveShared();
    this.ownSettings = new Map();
  }

  private resolveShared(): ResolvedTaskSettings {
    return resolveTaskSettings({id: '', title: ''}, this.state.plan.settings, this.projectSettings);
  }

  /** The task as it is worked on now: a kiro task in its phase. */
  taskOf(id: TaskId): Task {
    const task = this.state.taskById.get(id) as Task;
    const phase = phaseInWork(this.state, id);
    return phase === undefined ? task : taskInPhase(task, phase);
  }

  /** What holds for it now. */
  settingsOf(id: TaskId): ResolvedTaskSettings {
    const phase = phaseInWork(this.state, id);
    const task = this.state.taskById.get(id) as Task;
    if (phase === undefined && !hasOwnSettings(task)) return this.sharedSettings;
    const key = `${id} ${phase ?? ''}`;
    let settings = this.ownSettings.get(key);
    if (!settings) {
      settings = resolveTaskSettings(this.taskOf(id), this.state.plan.settings, this.projectSettings);
      // Documents are no code: what is checked is what the phase itself says.
      if (phase !== undefined && phase !== 'execute') delete settings.milestoneVerify;
      this.ownSettings.set(key, settings);
    }
    return settings;
  }

  /** A phase that only writes documents touches no code. */
  constraintOf(id: TaskId): Constraint {
    const settings = this.settingsOf(id);
    const phase = phaseInWork(this.state, id);
    return phase === undefined || phase === 'execute' ? settings : {uses: settings.uses};
  }

  /**
   * Whether somebody can do a task now.
   * @param needsBaseline All but people wait for the checks of the base.
   */
  standingOf(id: TaskId, needsBaseline: boolean): Standing {
    // Nobody is needed for work that only has to be integrated.
    if (workToIntegrate(taskState(this.state, id)) !== undefined) return {kind: 'go'};
    const choice = this.driverOf(id);
    if (choice.kind === 'manual') return {kind: 'manual'};
    if (needsBaseline) return {kind: 'waits', driver: choice.name};
    if (choice.kind !== 'driver' || !choice.driver.agent) return {kind: 'go'};
    if (this.isPaused(choice)) return {kind: 'waits', driver: choice.driver.name};
    // Work that nobody can review would be done again.
    const reviewer = this.taskOf(id).review?.driver;
    const isHeld = reviewer !== undefined && this.isPaused(this.drivers.get(reviewer));
    return isHeld ? {kind: 'waits', driver: this.drivers.providerOf(reviewer)} : {kind: 'go'};
  }

  /** Who would do a task now; a driver that rests is stood in for where the plan says so. */
  driverOf(id: TaskId): DriverChoice {
    const task = this.taskOf(id);
    const settings = this.settingsOf(id);
    const choice = this.drivers.choose(task, settings);
    if (!this.isPaused(choice)) return choice;
    for (const name of settings.fallback) {
      const other = this.drivers.get(name);
      if (other.kind === 'driver' && !this.isPaused(other)) return {...other, isStandIn: true};
    }
    return choice;
  }

  /** Whatever it is called: all names of a driver have one login and one quota. */
  private isPaused(choice: DriverChoice): boolean {
    return choice.kind === 'driver' && Object.hasOwn(this.state.pausedDrivers, choice.driver.name);
  }
}
