// Installs the agents once, before any test, and says at the end which were not tested and why.

import type {TestProject} from 'vitest/node';
import {AGENT_NAMES, type AgentName, type Installed, install} from './install.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    agents: Record<AgentName, Installed>;
  }
}

export default function installAgents(project: TestProject): () => void {
  const agents = Object.fromEntries(AGENT_NAMES.map(name => [name, install(name)])) as Record<AgentName, Installed>;
  project.provide('agents', agents);
  return () => {
    for (const [name, agent] of Object.entries(agents))
      if ('missing' in agent) console.log(`SKIPPED: ${name} ${agent.version} was not tested: ${agent.missing}`);
  };
}
