// Any other agent: a shell command that reads the prompt from stdin. Exit code 0 is its claim.

import {describeExit} from '../platform/processes/start-group.ts';
import type {Reckoning} from './driver.ts';
import type {AgentProtocol, AgentReader, Ending, ProcessEnd} from './protocol.ts';
import {findObject, judgeAnswer, RESULT_SCHEMA, readResult} from './result.ts';

/** Lines that may hold its last words. */
const LINES_KEPT = 500;
const CHARACTERS_KEPT = 256 * 1024;

/** @param options.command For `/bin/sh`. */
export function commandProtocol({name, command}: {name: string; command: string}): AgentProtocol {
  return {
    name,
    program: '/bin/sh',
    traits: {reportsCost: false, login: `log in as \`${command}\` wants it`},
    install: 'see `drivers` in .milestones/config.yaml',
    launch: () => ({args: ['-c', command]}),
    read: call => new CommandReader(call.agent.schema),
  };
}

class CommandReader implements AgentReader {
  #lines: string[] = [];
  #length = 0;

  constructor(private readonly schema: object) {}

  keepsLong(): boolean {
    return false;
  }

  line(text: string): void {
    this.#lines.push(text);
    this.#length += text.length;
    while (this.#lines.length > LINES_KEPT || (this.#length > CHARACTERS_KEPT && this.#lines.length > 1))
      this.#length -= this.#lines.shift()!.length;
  }

  reckon(): Reckoning {
    return {};
  }

  finish({exit}: ProcessEnd): Ending {
    if (exit.code !== 0)
      return {
        kind: 'ended',
        outcome: {
          kind: 'failed',
          cause: 'exit',
          message: describeExit(exit),
          ...(exit.code !== null && {exit_code: exit.code}),
          ...(exit.signal !== null && {signal: exit.signal}),
        },
      };
    const text = this.#lines.join('\n');
    // It was not told of the schema by an option: an end without a result is nothing unusual.
    if (this.schema === RESULT_SCHEMA && !readResult(findObject(text))) return {kind: 'claimed', claim: {}};
    return judgeAnswer({text}, this.schema, []);
  }
}
