import {findProgram} from '../platform/processes/find-program.ts';
import {askVersion} from './ask-version.ts';
import {type AgentProtocol, isAtLeast} from './protocol.ts';

/** Whether an agent can be used here, and what a person does if not. */
export type Detected =
  /** `version` is absent where there is none to ask for. */
  {kind: 'found'; program: string; version?: string} | {kind: 'missing'; message: string; hint: string};

/** Where the program of an agent is; undefined when it is not on the PATH. Starts nothing. */
export function locateAgent({program}: AgentProtocol, searchPath: string | undefined): string | undefined {
  return program.startsWith('/') ? program : findProgram(program, searchPath);
}

/** What is said of an agent whose program is not there. */
export function notInstalled({name, program, install}: AgentProtocol): Extract<Detected, {kind: 'missing'}> {
  return {
    kind: 'missing',
    message: `the driver \`${name}\` needs the program \`${program}\`, which is not on the PATH`,
    hint: `install it with \`${install}\`, or name another \`driver\``,
  };
}

/** Find the program of an agent and ask it for its version, for at most 20 seconds. */
export async function findAgent(protocol: AgentProtocol, env: Readonly<Record<string, string>>): Promise<Detected> {
  const program = locateAgent(protocol, env.PATH);
  if (program === undefined) return notInstalled(protocol);
  const {name, oldest, install} = protocol;
  if (oldest === undefined) return {kind: 'found', program};
  const version = await askVersion(program, env);
  const hint = `install it anew with \`${install}\``;
  if (version.kind === 'failed') return {kind: 'missing', message: `\`${program} --version\` ${version.message}`, hint};
  if (isAtLeast(version.text, oldest)) return {kind: 'found', program, version: version.text};
  const message = `\`${name}\` is at version ${version.text}; ${oldest} or later is needed`;
  return {kind: 'missing', message, hint: `update it with \`${install}\``};
}
