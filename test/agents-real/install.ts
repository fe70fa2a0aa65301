// The coding agents' programs, from npm, in a cache outside the repository: hundreds of megabytes that no checkout needs.

import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What is tested: package and version. `AGENT_VERSIONS=claude=2.1.197` chooses others. */
const PACKAGES = {
  claude: {name: '@anthropic-ai/claude-code', version: '2.1.332'},
  codex: {name: '@openai/codex', version: '0.171.0'},
  opencode: {name: 'opencode-ai', version: '1.18.33'},
} as const;

export type AgentName = keyof typeof PACKAGES;

export const AGENT_NAMES = Object.keys(PACKAGES) as AgentName[];

/** `bin` is the folder that belongs on PATH; without it, `missing` says why the agent is not there. */
export type Installed = {version: string; bin: string} | {version: string; missing: string};

/** How long npm may take for one agent, in milliseconds. */
const INSTALL_MS = 1_200_000;

/** Install an agent unless the cache has it. Never throws: what cannot be installed is not tested, and says so. */
export function install(agent: AgentName): Installed {
  const version = wantedVersion(agent);
  if (!isAskedFor(agent)) return {version, missing: 'not in AGENTS'};
  const folder = path.join(cacheFolder(), `${agent}-${version}`);
  try {
    if (!fs.existsSync(folder)) fill(folder, `${PACKAGES[agent].name}@${version}`);
    const bin = path.join(folder, 'node_modules', '.bin');
    execFileSync(path.join(bin, agent), ['--version'], {
      env: {PATH: process.env.PATH, HOME: os.tmpdir()},
      stdio: 'pipe',
    });
    return {version, bin};
  } catch (error) {
    return {version, missing: reasonOf(error)};
  }
}

/** `AGENTS=claude,codex` tests only these. */
function isAskedFor(agent: AgentName): boolean {
  const asked = process.env.AGENTS?.split(',');
  const unknown = asked?.find(name => !AGENT_NAMES.includes(name as AgentName));
  if (unknown !== undefined) throw new Error(`AGENTS: there is no \`${unknown}\`, only ${AGENT_NAMES.join(', ')}`);
  return asked?.includes(agent) ?? true;
}

function wantedVersion(agent: AgentName): string {
  const asked = process.env.AGENT_VERSIONS?.split(',').map(pair => pair.split('='));
  return asked?.find(([name]) => name === agent)?.[1] ?? PACKAGES[agent].version;
}

function cacheFolder(): string {
  return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'milestone-agents');
}

/** Installed beside its place and then renamed: what is there is whole. */
function fill(folder: string, specifier: string): void {
  fs.mkdirSync(path.dirname(folder), {recursive: true});
  const temporary = fs.mkdtempSync(`${folder}.`);
  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', '--fetch-retries=1'];
  try {
    const options = {stdio: 'pipe', timeout: INSTALL_MS, cwd: temporary} as const;
    execFileSync('npm', ['install', '--prefix', temporary, ...flags, specifier], options);
    fs.renameSync(temporary, folder);
  } finally {
    fs.rmSync(temporary, {recursive: true, force: true});
  }
}

/** What npm complains of, in one line: not its code, nor where its log is. */
function reasonOf(error: unknown): string {
  const {stderr, message} = error as {stderr?: Buffer; message: string};
  const lines = (stderr?.toString() || message).split('\n').map(line => line.replace(/^npm error /, '').trim());
  return lines.find(line => line !== '' && !/^npm warn|^(code|errno|syscall) /i.test(line)) ?? 'no reason given';
}
