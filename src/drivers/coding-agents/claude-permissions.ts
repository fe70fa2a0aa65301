import type {Denial} from '../../events/details/attempt.ts';
import {type Json, objectOf, shorten, textOf} from '../json-line.ts';
import {beginningOf, GIT_READING, isPlain, PROJECT_COMMANDS, partsOf} from '../permissions.ts';
import type {AgentCall} from '../protocol.ts';

/** What `full` allows where the bypass is refused. */
const BROAD = ['Bash', 'Edit', 'Write', 'NotebookEdit', 'Read', 'WebFetch', 'WebSearch', 'Task', 'Skill'];
const LONGEST_INPUT = 200;

/** The arguments that set what claude may do. */
export function claudePermissions({agent, isRoot}: AgentCall): string[] {
  const isBypassed = agent.permissions === 'full' && !isRoot;
  // A rule never begins with a dash: what does would be an option, and could be one that bypasses all of this.
  const allow = agent.allow.filter(rule => !rule.startsWith('-'));
  const rules = [...new Set([...presetRules({agent, isRoot}), ...allow])];
  return [
    '--permission-mode',
    isBypassed ? 'bypassPermissions' : 'acceptEdits',
    ...(rules.length > 0 ? ['--allowedTools', ...rules] : []),
  ];
}

/** Claude refuses to bypass its permissions as root: there it gets every tool by name. */
function presetRules({agent, isRoot}: Pick<AgentCall, 'agent' | 'isRoot'>): string[] {
  if (agent.permissions === 'full') return isRoot ? BROAD : [];
  if (agent.permissions === 'edit') return [];
  const exact = agent.commands.flatMap(partsOf).map(command => `Bash(${command})`);
  return [...exact, ...[...PROJECT_COMMANDS, ...GIT_READING].map(beginning => `Bash(${beginning}:*)`)];
}

/** A refused call of a tool, with the rule that would have allowed it. */
export function claudeDenial(tool: string, input: unknown): Denial {
  const data = objectOf(input) ?? {};
  const shown = textOf(data.command) ?? fileOf(data) ?? textOf(data.url) ?? JSON.stringify(data);
  return {tool, input: shorten(shown, LONGEST_INPUT), allow: ruleFor(tool, data)};
}

function ruleFor(tool: string, data: Json): string {
  const command = textOf(data.command);
  if (tool === 'Bash' && command !== undefined)
    return isPlain(command) ? `Bash(${beginningOf(command)}:*)` : `Bash(${command})`;
  const file = fileOf(data);
  // Two slashes: an absolute path.
  if (file?.startsWith('/')) return `${tool === 'Read' ? 'Read' : 'Edit'}(/${file})`;
  const host = hostOf(textOf(data.url));
  return tool === 'WebFetch' && host !== undefined ? `WebFetch(domain:${host})` : tool;
}

function fileOf(data: Json): string | undefined {
  return textOf(data.file_path) ?? textOf(data.notebook_path);
}

function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
}
