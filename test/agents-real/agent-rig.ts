// A rig in which the real coding agents find a scripted model: dummy keys, a home of their own, nothing of the caller.

import fs from 'node:fs';
import path from 'node:path';
import {describe, inject} from 'vitest';
import {MilestoneRig, type RigOptions} from '../rig/milestone-rig.ts';
import {AGENT_NAMES, type AgentName} from './install.ts';
import type {Script} from './model.ts';
import {ModelServer} from './model-server.ts';

const KEY = 'not-a-key';

export class AgentRig {
  private constructor(
    readonly rig: MilestoneRig,
    readonly server: ModelServer,
  ) {}

  static async create(script: Script, options: RigOptions = {}): Promise<AgentRig> {
    const server = await ModelServer.listen(script);
    const rig = await MilestoneRig.create({...options, env: {...environment(server.url), ...options.env}});
    // As a shell and npm have it, who know only of the user's checkout.
    Object.assign(rig.env, {PWD: rig.folder, OLDPWD: rig.folder, INIT_CWD: rig.folder});
    write(path.join(rig.env.HOME!, '.codex', 'config.toml'), codexConfig(server.url));
    write(path.join(rig.env.XDG_CONFIG_HOME!, 'opencode', 'opencode.json'), opencodeConfig(server.url));
    return new AgentRig(rig, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** Tests of one agent, in the version that is installed; skipped, with the reason in their title, where there is none. */
export function describeAgent(agent: AgentName, tests: () => void): void {
  describeAgents([agent], tests);
}

/** Tests that need several agents. */
export function describeAgents(names: readonly AgentName[], tests: () => void): void {
  const agents = names.map(name => ({name, ...inject('agents')[name]}));
  const title = agents.map(({name, version}) => `${name} ${version}`).join(', ');
  const reasons = agents.flatMap(agent => ('missing' in agent ? `${agent.name}: ${agent.missing}` : []));
  if (reasons.length > 0) describe.skip(`${title} (not tested: ${reasons.join('; ')})`, tests);
  else describe(title, tests);
}

function environment(url: string): Record<string, string> {
  const agents = inject('agents');
  const folders = AGENT_NAMES.flatMap(name => {
    const agent = agents[name];
    return 'bin' in agent ? [agent.bin] : [];
  });
  return {
    PATH: [...folders, process.env.PATH].join(path.delimiter),
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: KEY,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    LOOPBACK_KEY: KEY,
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
  };
}

/** The network is open to commands: a scripted command of the rig reaches its test through a socket. */
function codexConfig(url: string): string {
  return `model = "scripted"
model_provider = "loopback"

[model_providers.loopback]
name = "loopback"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "LOOPBACK_KEY"

[sandbox_workspace_write]
network_access = true
`;
}

function opencodeConfig(url: string): string {
  const model = {name: 'scripted', limit: {context: 200_000, output: 8_000}, cost: {input: 1, output: 10}};
  return JSON.stringify({
    model: 'loopback/scripted',
    provider: {
      loopback: {
        npm: '@ai-sdk/openai-compatible',
        name: 'loopback',
        options: {baseURL: `${url}/v1`, apiKey: KEY},
        models: {scripted: model},
      },
    },
  });
}

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), {recursive: true});
  fs.writeFileSync(file, text);
}
