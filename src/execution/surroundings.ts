import path from 'node:path';
import {documentsEnvironment} from '../documents/documents-place.ts';
import {AttemptEnvironment} from '../drivers/environment.ts';
import type {HomePaths} from '../plan/file/home.ts';
import type {ResolvedMilestoneSettings} from '../plan/settings.ts';
import {folderNumber} from '../platform/files.ts';
import type {Redactor} from '../platform/redact.ts';
import type {MilestoneState} from '../state/milestone.ts';
import type {AttemptId} from '../state/task.ts';
import type {AttemptInSlot} from '../workspace/workspace.ts';
import type {InForce} from './in-force.ts';

export interface SurroundingsParts {
  state: MilestoneState;
  paths: HomePaths;
  /** The environment that milestone itself was started with. */
  callerEnv: Readonly<Record<string, string | undefined>>;
  redactor: Redactor;
  inForce: InForce;
}

/** What is around attempts: the home, their environment, and where they print. */
export class Surroundings {
  private environment: {of: AttemptEnvironment; settings: ResolvedMilestoneSettings};

  constructor(private readonly parts: SurroundingsParts) {
    this.environment = this.makeEnvironment();
  }

  get paths(): HomePaths {
    return this.parts.paths;
  }

  /** As `folderNumber` has it. */
  get homeNumber(): string {
    return folderNumber(this.paths.home);
  }

  get redactor(): Redactor {
    return this.parts.redactor;
  }

  /** @param home The home, as what runs there sees it. */
  environmentOf(place: AttemptInSlot, token: string, home: string): Record<string, string> {
    const {state, inForce} = this.parts;
    const {taskId, attempt, slot} = place;
    if (inForce.settings !== this.environment.settings) this.environment = this.makeEnvironment();
    const env = this.environment.of.of({milestoneId: state.id, taskId, attempt, slot, token});
    return state.kiroTasks.has(taskId) ? {...env, ...documentsEnvironment(state, taskId, home)} : env;
  }

  /** File that takes everything that an attempt prints. */
  logFileOf({taskId, attempt}: AttemptId): string {
    return this.paths.attemptLog(this.parts.state.id, taskId, attempt);
  }

  /** The same for checks that belong to no attempt. */
  get checksLog(): string {
    return path.join(this.paths.attemptLogs(this.parts.state.id), 'checks.log');
  }

  private makeEnvironment() {
    const {callerEnv, inForce} = this.parts;
    const {settings} = inForce;
    const {env, envDeny} = settings;
    return {settings, of: new AttemptEnvironment({callerEnv, env, envDeny})};
  }
}
