// What tasks are done with: config.yaml, the templates of prompts, coding agents.

import {PREFERRED_AGENTS} from '../drivers/default-driver.ts';
import {DriverSet} from '../drivers/registry.ts';
import {machineProblems} from '../engine/workers-usable.ts';
import type {HomePaths, ListedMilestone} from '../plan/file/home.ts';
import type {Config} from '../plan/file/read-plan-text.ts';
import {readConfigFile, readPlanFile} from '../plan/file/reader.ts';
import type {MilestoneId, Plan} from '../plan/plan.ts';
import {readIfExists} from '../platform/files.ts';
import {findTemplateErrors, promptsFolder} from '../prompts/read-template.ts';
import type {Finding} from './finding.ts';
import type {Evidence} from './milestone-evidence.ts';
import {configSetupProblems, driversNeeded, planSetupProblems} from './setup-problems.ts';

/** The project's own settings and templates. */
export async function examineConfig(paths: HomePaths): Promise<Finding[]> {
  const {config, problems} = readConfigFile(paths.config);
  const origin = {file: paths.config, text: readIfExists(paths.config) ?? ''};
  const broken = findTemplateErrors(promptsFolder(paths)).map<Finding>(({code, message, hint, where}) => ({
    severity: 'error',
    code,
    message,
    ...(hint !== undefined && {hint}),
    ...(where && {where}),
  }));
  return [...problems, ...configSetupProblems(config, driversOf(config), origin), ...broken];
}

/** What is odd about a plan in this project. */
export async function examinePlanSetup({read, file, folder}: Evidence): Promise<Finding[]> {
  if (folder !== 'active' || file === undefined || !read?.plan) return [];
  return planSetupProblems(read.plan, read.config, driversOf(read.config), {file, text: readIfExists(file) ?? ''});
}

/** What this machine lacks for workers that a plan asks for. */
export async function examineWorkers({read, file, folder}: Evidence): Promise<Finding[]> {
  if (folder !== 'active' || file === undefined || !read?.plan) return [];
  const facts = {
    config: read.config,
    drivers: driversOf(read.config),
    isolation: {activated: undefined, isInGit: true},
  };
  return machineProblems(read.plan, facts, process.env).map(problem => ({
    ...problem,
    severity: 'warning',
    where: {file},
  }));
}

/** Which coding agents are here, and which that an active plan needs are not. Runs their `--version`. */
export async function examineAgents(
  paths: HomePaths,
  milestones: ReadonlyArray<Partial<ListedMilestone> & {id: MilestoneId}>,
): Promise<Finding[]> {
  const {config} = readConfigFile(paths.config);
  const drivers = driversOf(config);
  const needed = await neededBy(milestones, config, drivers);
  const usable = [...needed.keys()].filter(name => drivers.traitsOf(name) !== undefined);
  const names = [...new Set<string>([...PREFERRED_AGENTS, ...usable])];
  const findings = await Promise.all(names.map(name => examineAgent(name, drivers, needed.get(name) ?? [])));
  return findings.flat();
}

async function examineAgent(name: string, drivers: DriverSet, users: readonly MilestoneId[]): Promise<Finding[]> {
  const detected = await drivers.detect(name);
  if (detected.kind === 'missing') {
    const {message, hint} = detected;
    const isNeeded = users.length > 0;
    const who = users.map(id => `\`${id}\``).join(', ');
    const text = isNeeded ? `${message}; needed by ${who}` : message;
    return [{severity: isNeeded ? 'warning' : 'note', code: 'AGENT_MISSING', message: text, hint}];
  }
  const {version, program} = detected;
  if (version === undefined) return []; // a command of config.yaml is whatever it says
  const message = `the driver \`${name}\` is \`${program}\`, version ${version}`;
  return [{severity: 'note', code: 'AGENT_FOUND', message, hint: `to log in, ${drivers.traitsOf(name)?.login}`}];
}

/** The milestones that need each driver, of those that are active and can be read. */
async function neededBy(
  milestones: ReadonlyArray<Partial<ListedMilestone> & {id: MilestoneId}>,
  config: Config,
  drivers: DriverSet,
): Promise<Map<string, MilestoneId[]>> {
  const needed = new Map<string, MilestoneId[]>();
  for (const {id, file, folder} of milestones) {
    const plan: Plan | undefined = folder === 'active' && file !== undefined ? readPlanFile(file).plan : undefined;
    if (!plan) continue;
    for (const name of driversNeeded(plan, config.settings ?? {}, drivers))
      needed.set(name, [...(needed.get(name) ?? []), id]);
  }
  return needed;
}

function driversOf({drivers}: Config): DriverSet {
  return new DriverSet({drivers, env: process.env});
}
