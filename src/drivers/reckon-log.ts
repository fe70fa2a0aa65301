import {sizeOf} from '../platform/attempt-log.ts';
import {LineFollower} from '../platform/follow-lines.ts';
import type {AgentInput, ConversationChoice, Reckoning} from './driver.ts';
import type {AgentProtocol} from './protocol.ts';

export interface AgentLog {
  file: string;
  env: Readonly<Record<string, string>>;
  conversation?: ConversationChoice;
  /** The line behind which it begins; absent: it begins with the file. */
  after?: string;
}

/**
 * What an agent has used by what it has printed, for whoever did not live through it.
 * @returns Undefined when it was not begun.
 * @throws {MilestoneError} `IO_FAILED` when the log cannot be read.
 */
export async function reckonLog(protocol: AgentProtocol, log: AgentLog): Promise<Reckoning | undefined> {
  if (sizeOf(log.file) === 0) return log.after === undefined ? {} : undefined;
  const begin = () => protocol.read(callFor(log), {now: () => 0, end: () => {}});
  let reader = log.after === undefined ? begin() : undefined;
  const lines = new LineFollower(log.file, {
    offset: 0,
    keepsLong: head => reader?.keepsLong(head) ?? false,
    onLine: line => {
      if (line === log.after) reader = begin();
      else reader?.line(line);
    },
  });
  await lines.finish();
  return reader?.reckon();
}

function callFor({env, conversation}: AgentLog) {
  const agent: AgentInput = {
    prompt: '',
    permissions: 'edit',
    allow: [],
    inherit: 'project',
    commands: [],
    budget: {},
    schema: {},
    observe: () => {},
    ...(conversation && {conversation}),
  };
  return {agent, cwd: '', env, schemaFile: '', isRoot: false};
}
