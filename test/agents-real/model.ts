// What a test says about a model: how a request looks whatever API carried it, and what a model may answer.

export interface Message {
  /** `tool`: what came back from a tool. */
  role: 'user' | 'assistant' | 'tool';
  /** Text and the inputs of tool calls, one after another. */
  text: string;
}

/** One request for an answer of the model. */
export interface ModelRequest {
  /** The agent's own id of the conversation. */
  conversation: string;
  model: string;
  messages: Message[];
  /** Names of the tools that the agent offers. */
  tools: string[];
  /** Answers of the model so far, in this conversation: 0 at the first request. */
  turn: number;
  /** Everything that was said by the user or by tools. */
  heard: string;
  /** Where the agent works, as it says. */
  cwd: string | undefined;
  /** JSON Schema of the answer's text, where the API has such a thing. */
  schema: object | undefined;
}

/** What the model does; several in one answer are text and tool calls side by side. */
export type Step =
  | {say: string}
  /** Run a shell command with the agent's shell tool. */
  | {run: string}
  /** Write a file, by its path relative to where the agent works. */
  | {write: string; content: string}
  /** Use any tool by its name. */
  | {use: string; input: object}
  /** End with the structured result that the agent was told to give. */
  | {result: object}
  | Failure
  /** Never answer. */
  | {hang: true};

/** An answer that is none, with this HTTP status. */
export interface Failure {
  fail: number;
  type?: string;
  message: string;
  headers?: Record<string, string>;
  /** More of the body of an error, where the API has it. */
  details?: object;
}

/**
 * What Anthropic answers when a subscription is used up.
 * @param resetsAt Until when, in seconds since the Unix epoch.
 */
export function usedUp(resetsAt: number): Failure {
  const limit = {status: 'rejected', reset: String(resetsAt), 'representative-claim': 'five_hour'};
  const headers = Object.entries(limit).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, value]);
  return {fail: 429, type: 'rate_limit_error', message: 'Used up.', headers: Object.fromEntries(headers)};
}

/** Decides an answer. What it throws reaches the agent as HTTP 400. */
export type Script = (request: ModelRequest) => Step | Step[] | Promise<Step | Step[]>;

/** The answers of one conversation, one after another, however often each of them is asked for. */
export function conversation(...answers: Array<Step | Step[]>): Script {
  return ({turn}) => {
    const answer = answers[turn];
    if (!answer) throw new Error(`the script has no answer ${turn + 1}`);
    return answer;
  };
}

/** The answers to all requests, one after another, whoever asks. */
export function inOrder(...answers: Array<Step | Step[]>): Script {
  const rest = [...answers];
  return () => {
    const answer = rest.shift();
    if (!answer) throw new Error(`the script has no more than ${answers.length} answers`);
    return answer;
  };
}

/** A call of one of the agent's tools. */
export interface ToolCall {
  name: string;
  input: object;
}

/** An answer that an API can express. */
export interface Answer {
  text: string;
  calls: ToolCall[];
}

/** What an answer costs, in tokens: the same for all, so that tests can reckon. */
export const TOKENS = {input: 1000, output: 100};

/** Text and tool calls of an answer, the latter in the words of the agent. */
export function express(steps: Step[], request: ModelRequest): Answer {
  const answer: Answer = {text: '', calls: []};
  for (const step of steps) {
    if ('say' in step) answer.text += step.say;
    else if ('run' in step) answer.calls.push(runCall(step.run, request));
    else if ('write' in step) answer.calls.push(writeCall(step.write, step.content, request));
    else if ('use' in step) answer.calls.push({name: step.use, input: step.input});
    else if ('result' in step) addResult(step.result, request, answer);
    else throw new Error('a failure or a hang is an answer of its own');
  }
  return answer;
}

function runCall(command: string, {tools}: ModelRequest): ToolCall {
  if (tools.includes('Bash')) return {name: 'Bash', input: {command, description: 'Run a command'}};
  if (tools.includes('bash')) return {name: 'bash', input: {command}};
  if (tools.includes('exec_command')) return {name: 'exec_command', input: {cmd: command}};
  throw new Error(`no shell among the tools: ${tools.join(', ')}`);
}

function writeCall(file: string, content: string, request: ModelRequest): ToolCall {
  const {tools, cwd} = request;
  if (cwd === undefined) throw new Error('the agent does not say where it works');
  if (tools.includes('Write')) return {name: 'Write', input: {file_path: `${cwd}/${file}`, content}};
  if (tools.includes('write')) return {name: 'write', input: {filePath: `${cwd}/${file}`, content}};
  return runCall(`printf %s ${quote(content)} > ${quote(file)}`, request);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function addResult(result: object, {tools}: ModelRequest, answer: Answer): void {
  if (tools.includes('StructuredOutput')) answer.calls.push({name: 'StructuredOutput', input: result});
  else answer.text += JSON.stringify(result);
}
