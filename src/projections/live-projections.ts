// The files that follow the log while an execution runs. No event waits for them, and only what is synced gets there.

import type {EventLog} from '../events/log.ts';
import type {HomePaths} from '../plan/file/home.ts';
import type {PlanReading} from '../plan/file/reader.ts';
import type {FileStamp} from '../plan/file/stamp.ts';
import {PlanRenderer} from '../plan/layout.ts';
import type {Clock} from '../platform/clock.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {ApprovalFiles} from './approvals.ts';
import {writeCache} from './cache.ts';
import {PlanFileWriter} from './plan-file-writer.ts';
import {stateFields} from './state-fields.ts';

/** Of the YAML file, which a person may be watching. */
const YAML_EVERY_MS = 800;
/** Of the cache, which only shortens the way of a reader. */
const CACHE_EVERY_MS = 30_000;
const LAST_WRITE_TRIES = 5;

export interface ProjectionParts {
  paths: HomePaths;
  planFile: string;
  read: PlanReading;
  state: MilestoneState;
  log: EventLog;
  clock: Clock;
  /** `settled`: the YAML only follows the status of the milestone. */
  checkpoint(): 'live' | 'settled';
}

export class LiveProjections {
  private readonly writer: PlanFileWriter;
  /** Undefined while the file on disk is invalid: it is left alone then. */
  private renderer: PlanRenderer | undefined;
  private lastStamp: FileStamp | undefined;
  private readonly approvals: ApprovalFiles;
  private approvalSeq = -1;
  private yamlSeq = -1;
  private yamlStatus = '';
  private cacheSeq = -1;
  private cacheAt = Number.NEGATIVE_INFINITY;
  /** A person's edit was found under the hand; the file is left alone until it has been read. */
  private isEdited = false;

  constructor(private readonly parts: ProjectionParts) {
    this.renderer = rendererOf(parts.read);
    this.writer = new PlanFileWriter(parts.planFile, parts.read.text);
    this.lastStamp = parts.read.stamp;
    this.approvals = new ApprovalFiles(parts.paths, parts.state);
  }

  /** The plan file as last read or written here; undefined when that is not what is there now. */
  get stamp(): FileStamp | undefined {
    return this.lastStamp;
  }

  /** Go on from the file as a person left it. An invalid one, which has no layout, is left alone. */
  adopt(read: PlanReading): void {
    this.renderer = rendererOf(read);
    this.writer.adopt(read.text);
    this.lastStamp = read.stamp;
    this.isEdited = false;
    this.yamlSeq = -1;
  }

  /** The plan file is gone, or is not what was known of it: it is left alone until it has been read. */
  forget(): void {
    this.lastStamp = undefined;
    this.isEdited = true;
  }

  /** Bring the files up to date where it is time for it. */
  async follow(): Promise<void> {
    await this.parts.log.durable();
    const {state, clock, checkpoint} = this.parts;
    const onlyStatus = checkpoint() === 'settled' && state.status === this.yamlStatus;
    this.writeApprovals();
    if (state.seq !== this.yamlSeq && !onlyStatus) await this.writeYaml();
    if (state.seq !== this.cacheSeq && clock.elapsed() - this.cacheAt >= CACHE_EVERY_MS) this.writeCache();
  }

  static readonly everyMs = YAML_EVERY_MS;

  /** Bring the YAML file up to date now; false when an edit of a person is in the way. */
  async writeYaml(): Promise<boolean> {
    const {state} = this.parts;
    if (this.isEdited || !this.renderer) return !this.isEdited;
    const {seq, status} = state;
    const written = await this.writer.write(this.renderer.render(stateFields(state)));
    if (written.edited) {
      this.forget();
      return false;
    }
    this.lastStamp = written.stamp;
    this.yamlSeq = seq;
    this.yamlStatus = status;
    return true;
  }

  /** Bring all but the cache up to date for good, also when a person edits the plan meanwhile: `read` reads it anew. */
  async flush(read: () => Promise<PlanReading>): Promise<void> {
    this.writeApprovals();
    for (let tries = 0; tries < LAST_WRITE_TRIES && !(await this.writeYaml()); tries++) this.adopt(await read());
  }

  private writeApprovals(): void {
    const {seq} = this.parts.state;
    if (seq !== this.approvalSeq) this.approvals.write();
    this.approvalSeq = seq;
  }

  /** Write the cache, unless the state is ahead of the disk at the moment. */
  writeCache(): void {
    const {state, log, paths, clock} = this.parts;
    const {position} = log;
    if (position.seq !== state.seq) return;
    const {config, configStamp} = this.parts.read;
    const driver = config.settings?.driver;
    writeCache(paths.cache(state.id), log.file, {
      state,
      position,
      stamp: this.lastStamp ?? null,
      config: {stamp: configStamp ?? null, ...(driver !== undefined && {driver})},
    });
    this.cacheSeq = state.seq;
    this.cacheAt = clock.elapsed();
  }
}

function rendererOf({text, layout}: PlanReading): PlanRenderer | undefined {
  return layout && new PlanRenderer(text, layout);
}
