// A model provider on loopback that a test scripts. It speaks the three APIs that the agents speak, and remembers what
// they asked.

import http from 'node:http';
import type {AddressInfo} from 'node:net';
import {withDeadline} from '../rig/deadline.ts';
import {anthropicApi} from './anthropic-api.ts';
import type {Api, Json, ParsedRequest} from './api.ts';
import {chatApi} from './chat-api.ts';
import {express, type Failure, type Message, type ModelRequest, type Script, type Step} from './model.ts';
import {responsesApi} from './responses-api.ts';

const APIS: Record<string, Api> = {
  '/v1/messages': anthropicApi,
  '/v1/responses': responsesApi,
  '/v1/chat/completions': chatApi,
};

export class ModelServer {
  /** Every request for an answer, in the order they came. */
  readonly requests: ModelRequest[] = [];
  /** Requests that no API of the server answers, as `GET /path`. */
  readonly unanswered: string[] = [];
  /** Decides what is answered; may be changed at any time. */
  script: Script;
  readonly #server = http.createServer((request, response) => this.#receive(request, response));
  readonly #onRequest = new Set<() => void>();

  private constructor(script: Script) {
    this.script = script;
  }

  static async listen(script: Script): Promise<ModelServer> {
    const server = new ModelServer(script);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The first request, past or to come, that is `wanted`. */
  async request(wanted: (request: ModelRequest) => boolean): Promise<ModelRequest> {
    let look: (() => void) | undefined;
    const came = new Promise<ModelRequest>(resolve => {
      look = () => {
        const found = this.requests.find(wanted);
        if (found) resolve(found);
      };
      this.#onRequest.add(look);
      look();
    });
    const known = () => JSON.stringify(this.requests.map(({turn, heard}) => ({turn, heard: heard.slice(-500)})));
    return withDeadline(came, `the request ${wanted}`, known).finally(() => this.#onRequest.delete(look!));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #receive(incoming: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const text = await bodyOf(incoming);
    const path = new URL(incoming.url!, this.url).pathname;
    const api = incoming.method === 'POST' ? APIS[path] : undefined;
    if (path === '/v1/messages/count_tokens') return sendJson(response, 200, {input_tokens: 1000});
    if (!api) {
      this.unanswered.push(`${incoming.method} ${path}`);
      return sendJson(response, 404, {error: {type: 'not_found_error', message: 'not found'}});
    }
    const request = complete(api.parse(JSON.parse(text), incoming.headers));
    await this.#answer(api, request, response);
  }

  async #answer(api: Api, request: ModelRequest, response: http.ServerResponse): Promise<void> {
    // Without tools it is no turn of a task: agents ask for titles and summaries so.
    const isAside = request.tools.length === 0;
    if (!isAside) this.#remember(request);
    try {
      const steps: Step[] = isAside ? [{say: 'A title'}] : [await this.script(request)].flat();
      const only = steps[0]!;
      if ('hang' in only) return;
      if ('fail' in only) return sendJson(response, only.fail, api.error(only), only.headers);
      const events = api.stream(express(steps, request), request.model);
      response.writeHead(200, {'content-type': 'text/event-stream', 'request-id': 'req_loopback'}).end(events);
    } catch (error) {
      sendJson(response, 400, api.error({fail: 400, message: `the script: ${(error as Error).message}`}));
    }
  }

  #remember(request: ModelRequest): void {
    this.requests.push(request);
    for (const look of this.#onRequest) look();
  }
}

function complete(parsed: ParsedRequest): ModelRequest {
  const heard = parsed.messages.filter(({role}) => role !== 'assistant').map(({text}) => text);
  return {...parsed, heard: heard.join('\n'), turn: countAnswers(parsed.messages)};
}

/** Text and tool calls of one answer may come back as several messages in a row. */
function countAnswers(messages: Message[]): number {
  const isFirst = (message: Message, index: number) =>
    message.role === 'assistant' && messages[index - 1]?.role !== 'assistant';
  return messages.filter(isFirst).length;
}

async function bodyOf(incoming: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function sendJson(response: http.ServerResponse, status: number, body: Json, headers: Failure['headers'] = {}): void {
  response.writeHead(status, {'content-type': 'application/json', ...headers}).end(JSON.stringify(body));
}
