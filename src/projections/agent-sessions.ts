import type {EventOf, MilestoneEvent} from '../events/event.ts';
import type {HomePaths} from '../plan/file/home.ts';
import {readIfExists, replaceFile} from '../platform/files.ts';
import {yamlText} from './yaml-text.ts';

const STATUS = {agent_registered: 'running', agent_failed: 'failing', agent_stopped: 'stopped'} as const;

/** Files of the agents of one session: one each, written when its status changes, for whoever looks from outside. */
export class AgentSessions {
  private readonly startedAt = new Map<string, string>();
  private readonly lastError = new Map<string, string>();

  constructor(private readonly paths: Pick<HomePaths, 'agentSession'>) {}

  /**
   * Follow events that are on disk.
   * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
   */
  events(events: readonly MilestoneEvent[]): void {
    for (const event of events)
      if (event.event === 'agent_registered' || event.event === 'agent_failed' || event.event === 'agent_stopped')
        this.write(event);
  }

  /** An executor that died had no time to say that its agents stopped. */
  settle(session: string, agents: readonly string[]): void {
    for (const agent of agents) {
      const file = this.paths.agentSession(agent, session);
      const text = readIfExists(file);
      const settled = text?.replace(/^( {2}status:) "(?:running|failing)"$/m, '$1 "died"');
      if (settled !== undefined && settled !== text) replaceFile(file, settled, {durable: false, mode: 0o600});
    }
  }

  private write(event: EventOf<keyof typeof STATUS>): void {
    const {timestamp, session_id, milestone_id, details} = event;
    const {agent} = details;
    if (!this.startedAt.has(agent)) this.startedAt.set(agent, timestamp);
    if (event.event === 'agent_failed') this.lastError.set(agent, event.details.message);
    const text = yamlText({
      agent: {
        id: `${agent}-${session_id}`,
        type: agent,
        milestone_id,
        session_id,
        status: STATUS[event.event],
        started_at: this.startedAt.get(agent),
        updated_at: timestamp,
        last_error: this.lastError.get(agent),
      },
    });
    replaceFile(this.paths.agentSession(agent, session_id), text, {durable: false, mode: 0o600});
  }
}
