import os from 'node:os';
import type {HeldMilestone} from '../milestone/hold.ts';
import type {StartOptions} from '../milestone/plan-start.ts';
import {makeFolder, replaceFile} from '../platform/files.ts';
import type {AgentSessions} from '../projections/agent-sessions.ts';
import {resumePoints, sessionText, settleSession} from '../projections/session-file.ts';

/** The files that tell of a run and of those before it. */
export class RunSession {
  private previous: string | undefined;

  constructor(
    private readonly held: HeldMilestone,
    private readonly command: StartOptions['command'],
  ) {}

  /** What an executor that died could not say itself. @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`. */
  settle(previous: string, agentSessions: AgentSessions): void {
    const {paths, sessionId, clock, state} = this.held;
    this.previous = previous;
    agentSessions.settle(previous, Object.keys(state.agents));
    settleSession(paths.session(previous), {sessionId, at: new Date(clock.now()).toISOString()});
  }

  /**
   * Say how far the run is, or how it ended.
   * @returns The number of places where a resume would start.
   * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
   */
  save(ended?: {exit: number; reason: string}): number {
    const {paths, sessionId, clock, repo, state} = this.held;
    const text = sessionText(state, {
      sessionId,
      startedAt: state.session?.startedAt ?? '',
      updatedAt: new Date(clock.now()).toISOString(),
      status: ended ? 'ended' : 'running',
      ...ended,
      pid: process.pid,
      host: os.hostname(),
      command: this.command,
      repository: repo?.topLevel,
      home: paths.home,
      previous: this.previous,
    });
    makeFolder(paths.sessionsFolder, {mode: 0o700});
    replaceFile(paths.session(sessionId), text, {mode: 0o600});
    return resumePoints(state).length;
  }
}
