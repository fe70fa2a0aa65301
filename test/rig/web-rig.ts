// `milestone web` of a rig, asked as a browser or as anybody else would.

import http from 'node:http';
import type {MilestoneRig} from './milestone-rig.ts';
import type {Program} from './program.ts';

export interface WebAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are checked by the tests, not by types
  json: any;
}

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: object;
}

export class WebRig {
  readonly program: Program;
  readonly origin: string;
  cookie = '';

  private constructor(
    program: Program,
    /** As it was printed. */
    readonly address: string,
  ) {
    this.program = program;
    this.origin = new URL(address).origin;
  }

  /** Started, and with the cookie. */
  static async start(rig: MilestoneRig, ...flags: string[]): Promise<WebRig> {
    const program = rig.milestone('web', ...flags);
    const web = new WebRig(program, await program.line(/^http:/));
    const {headers} = await web.ask('/api/session', {method: 'POST', body: {token: web.token}});
    web.cookie = (headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
    return web;
  }

  get token(): string {
    return new URL(this.address).hash.slice(1);
  }

  /** From the page's own origin where something is sent, unless the headers say otherwise. */
  ask(path: string, {method = 'GET', headers = {}, body}: Asked = {}): Promise<WebAnswer> {
    return new Promise((resolve, reject) => {
      const own = {...(this.cookie && {cookie: this.cookie}), ...(method === 'POST' && {origin: this.origin})};
      const request = http.request(`${this.origin}${path}`, {method, headers: {...own, ...headers}}, response => {
        let text = '';
        response.setEncoding('utf8').on('data', chunk => {
          text += chunk;
        });
        response.on('end', () => {
          const isJson = response.headers['content-type']?.includes('json');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: isJson ? JSON.parse(text) : undefined,
          });
        });
      });
      request.on('error', reject).end(body && JSON.stringify(body));
    });
  }

  /** The ids of events as they come, until `isLast` says so; the line is cut then. */
  async events(id: string, isLast: (data: {event: string}) => boolean, after?: number): Promise<number[]> {
    const headers = {cookie: this.cookie, ...(after !== undefined && {'last-event-id': String(after)})};
    const stop = new AbortController();
    const response = await fetch(`${this.origin}/api/milestones/${id}/events`, {headers, signal: stop.signal});
    const seen: number[] = [];
    let text = '';
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      text += read.value;
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const event = /^id: (\d+)$/m.exec(part)?.[1];
        if (event === undefined) continue;
        seen.push(Number(event));
        if (!isLast(JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? 'null'))) continue;
        stop.abort();
        return seen;
      }
    }
    throw new Error(`the events ended after ${seen.join(', ')}`);
  }
}
