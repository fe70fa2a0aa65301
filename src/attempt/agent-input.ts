import type {AgentInput, Observation} from '../drivers/driver.ts';
import type {DriverChoice} from '../drivers/registry.ts';
import {RESULT_SCHEMA} from '../drivers/result.ts';
import type {Execution} from '../execution/execution.ts';
import {movedText} from '../prompts/moved-text.ts';
import type {NextAttempt} from '../scheduler/next-attempt.ts';
import {promptOf} from './agent-prompts.ts';
import type {PlannedAttempt} from './planned-attempt.ts';

/** What a coding agent is told, and within which bounds it works. */
export async function agentInput(
  execution: Execution,
  {place, task, next, conversation, budget}: PlannedAttempt,
  choice: Extract<DriverChoice, {kind: 'driver'}>,
  observe: (seen: Observation) => void,
): Promise<AgentInput> {
  const settings = execution.inForce.settingsOf(place.taskId);
  const promptIn = (mode: NextAttempt['mode']) => promptOf(execution, place.taskId, {driver: choice.name, mode});
  // What the plan says was meant for another one.
  const {model, effort} = choice.isStandIn
    ? choice
    : {model: task.model ?? choice.model ?? settings.model, effort: task.effort ?? choice.effort ?? settings.effort};
  return {
    prompt: `${next.movedFrom === undefined ? '' : movedText(next.movedFrom, execution.workspace.workplaceOf(place).folder)}${await promptIn(next.mode)}`,
    ...(conversation?.resume && {freshPrompt: () => promptIn('fresh')}),
    ...(conversation && {conversation}),
    ...(model !== undefined && {model}),
    ...(effort !== undefined && {effort}),
    // A plan that is edited while it executes gives nobody more rights than its start did.
    permissions: settings.permissions === 'full' && !execution.yolo ? 'project' : settings.permissions,
    allow: settings.allow,
    inherit: settings.inherit,
    commands: commandsOf(execution, place.taskId),
    budget,
    schema: RESULT_SCHEMA,
    observe,
  };
}

/** Commands that the plan itself runs; an agent may run them as well. */
function commandsOf(execution: Pick<Execution, 'inForce'>, id: string): string[] {
  const {settings} = execution.inForce;
  const {taskVerify, milestoneVerify} = execution.inForce.settingsOf(id);
  return [taskVerify, milestoneVerify, settings.verifyFinal, settings.workspace.setup].flatMap(
    command => command ?? [],
  );
}
