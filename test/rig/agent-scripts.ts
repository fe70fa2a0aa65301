// The shapes in which coding agents tell what they do, as scripts for the fakes.

import type {AgentName, Step} from './fake-agents.ts';

/** The structured result that an agent ends with. */
export interface FakeResult {
  status: 'done' | 'blocked' | 'failed';
  summary: string;
  assumptions?: string[];
  question?: string | null;
}

const DONE: FakeResult = {status: 'done', summary: 'Did it.', assumptions: [], question: null};

export const claude = {
  init: {
    print: {
      type: 'system',
      subtype: 'init',
      session_id: '$CONVERSATION',
      tools: ['Bash'],
      model: 'fake',
      claude_code_version: '2.1.330',
    },
  },

  says: (text: string): Step => assistant({type: 'text', text}),

  calls: (id: string, command: string): Step => assistant({type: 'tool_use', id, name: 'Bash', input: {command}}),

  /** As version 2.1.330 tells it: without the input. */
  denied: (id: string): Step => ({
    print: {
      type: 'system',
      subtype: 'permission_denied',
      tool_name: 'Bash',
      tool_use_id: id,
      session_id: '$CONVERSATION',
    },
  }),

  retries: (error: string, attempt: number): Step => ({
    print: {
      type: 'system',
      subtype: 'api_retry',
      attempt,
      max_retries: 10,
      retry_delay_ms: 500,
      error_status: 401,
      error,
    },
  }),

  /** The answer of a provider that is an error: `success`, all the same. */
  refused: (error: string, status: number | null, text: string): Step[] => [
    {print: {type: 'assistant', message: {model: '<synthetic>', content: [{type: 'text', text}]}, error}},
    {print: {...result(), is_error: true, api_error_status: status, result: text, terminal_reason: 'api_error'}},
    {exit: 1},
  ],

  result: (changes: Record<string, unknown> = {}): Step => ({print: {...result(), ...changes}}),

  done: (answer: FakeResult = DONE): Step => ({
    print: {...result(), structured_output: answer, result: answer.summary},
  }),
};

export const codex = {
  begin: {print: {type: 'thread.started', thread_id: '$CONVERSATION'}} as Step,

  item: (item: Record<string, unknown>, event = 'item.completed'): Step => ({
    print: {type: event, item: {id: 'item_0', ...item}},
  }),

  says: (text: string): Step => codex.item({type: 'agent_message', text}),

  error: (message: string): Step => ({print: {type: 'error', message}}),

  turn: (input = 1000, output = 50): Step => ({
    print: {type: 'turn.completed', usage: {input_tokens: input, cached_input_tokens: 10, output_tokens: output}},
  }),

  failed: (message: string): Step[] => [
    {print: {type: 'error', message}},
    {print: {type: 'turn.failed', error: {message}}},
    {exit: 1},
  ],

  done: (answer: FakeResult = DONE): Step[] => [codex.says(JSON.stringify(answer)), codex.turn()],
};

export const opencode = {
  event: (type: string, rest: Record<string, unknown>): Step => ({
    print: {type, timestamp: 1_790_000_000_000, sessionID: '$CONVERSATION', ...rest},
  }),

  begin: {
    print: {type: 'step_start', timestamp: 1_790_000_000_000, sessionID: '$CONVERSATION', part: {type: 'step-start'}},
  } as Step,

  says: (text: string): Step => opencode.event('text', {part: {type: 'text', text}}),

  tool: (command: string, state: Record<string, unknown>): Step =>
    opencode.event('tool_use', {
      part: {type: 'tool', callID: `call_${command}`, tool: 'bash', state: {input: {command}, ...state}},
    }),

  step: (cost = 0.25): Step =>
    opencode.event('step_finish', {
      part: {
        type: 'step-finish',
        reason: 'stop',
        cost,
        tokens: {input: 100, output: 20, reasoning: 3, cache: {read: 7, write: 0}},
      },
    }),

  error: (name: string, data: Record<string, unknown>): Step => opencode.event('error', {error: {name, data}}),

  done: (answer: FakeResult = DONE): Step[] => [
    opencode.says(`All done.\n\`\`\`json\n${JSON.stringify(answer)}\n\`\`\``),
    opencode.step(),
  ],
};

/** A run that changes files and ends with a result, in the words of whichever agent. */
export function works(agent: AgentName, files: Record<string, string>, answer: FakeResult = DONE): Step[] {
  switch (agent) {
    case 'claude':
      return [claude.init, {write: files}, claude.done(answer)];
    case 'codex':
      return [codex.begin, {write: files}, ...codex.done(answer)];
    case 'opencode':
      return [opencode.begin, {write: files}, ...opencode.done(answer)];
  }
}

function assistant(block: Record<string, unknown>): Step {
  return {
    print: {
      type: 'assistant',
      message: {model: 'fake', content: [block], usage: {output_tokens: 1}},
      session_id: '$CONVERSATION',
    },
  };
}

function result() {
  return {
    type: 'result',
    subtype: 'success',
    is_error: false,
    num_turns: 2,
    result: '',
    session_id: '$CONVERSATION',
    total_cost_usd: 0.5,
    usage: {input_tokens: 100, cache_creation_input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 20},
    permission_denials: [],
    terminal_reason: 'completed',
  };
}
