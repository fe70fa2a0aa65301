// The slash commands that `milestone init` gives to a coding agent. All work and all records are the program's: what
// stands here only has the agent start it, follow it, and carry messages between it and the user.

export type AgentName = 'claude' | 'opencode';

export interface CommandFile {
  /** Relative to the project. */
  path: string;
  text: string;
}

const NAMES = ['execute', 'status', 'resume', 'approve'] as const;

type CommandName = (typeof NAMES)[number];

/** The files for one agent. */
export function slashCommands(agent: AgentName): CommandFile[] {
  const folder = agent === 'claude' ? '.claude/commands/milestone' : '.opencode/command/milestone';
  const commands = NAMES.map(name => ({path: `${folder}/${name}.md`, text: commandText(agent, name)}));
  if (agent === 'opencode') return commands;
  // Only a skill may have a name with a slash in it.
  const skill = {path: '.claude/skills/milestone-execute/SKILL.md', text: commandText(agent, 'execute', true)};
  return [...commands, skill];
}

const DESCRIPTIONS: Record<CommandName, string> = {
  execute: 'Execute a milestone in the background and bring what needs the user',
  status: 'Show how far a milestone is and what needs the user',
  resume: 'Go on with a milestone that was interrupted, paused or blocked',
  approve: 'Show what waits for approval and carry the decision of the user to the milestone',
};

const ARGUMENTS: Record<CommandName, string> = {
  execute: '[milestone] [flags of milestone execute]',
  status: '[milestone]',
  resume: '[milestone] [flags of milestone resume]',
  approve: '[milestone] <task> [phase]',
};

/** Nothing that decides: looking, waiting, and the start that the user asked for by the command itself. */
const READING = ['status', 'wait', 'log', 'blockers', 'approvals'];

const ALLOWED: Record<CommandName, readonly string[]> = {
  execute: ['execute --detach', ...READING],
  status: ['status', 'list', 'log', 'blockers', 'approvals'],
  resume: ['resume --detach', ...READING],
  approve: ['approvals', 'status'],
};

function commandText(agent: AgentName, name: CommandName, isSkill = false): string {
  const header = [
    ...(isSkill ? ['name: milestone/execute'] : []),
    `description: ${DESCRIPTIONS[name]}`,
    ...(agent === 'claude' ? claudeHeader(name) : []),
  ];
  return `---\n${header.join('\n')}\n---\n\n${bodyOf(agent, name)}`;
}

function claudeHeader(name: CommandName): string[] {
  const allowed = ALLOWED[name].map(words => `Bash(milestone ${words}:*)`).join(', ');
  return [
    `argument-hint: ${JSON.stringify(ARGUMENTS[name])}`,
    `allowed-tools: ${allowed}`,
    'disable-model-invocation: true',
  ];
}

function bodyOf(agent: AgentName, name: CommandName): string {
  switch (name) {
    case 'execute':
      return runningText(agent, 'execute');
    case 'resume':
      return runningText(agent, 'resume');
    case 'status':
      return STATUS;
    case 'approve':
      return APPROVE;
  }
}

const ROLES = `\`milestone\` is a program that carries out a plan of tasks. It does the work, checks it, commits it and keeps all
records. You start it, follow it, and carry messages between it and the user; nothing else. Do no task yourself, change
nothing under \`.milestones/\`, and decide nothing in the place of the user.
`;

const STATUS = `Run \`milestone status $ARGUMENTS --format md\` and show the user what it prints. When there is a part "Needs you",
say in plain words what is wanted. Run none of the commands that it names before the user said so.
`;

const APPROVE = `${ROLES}
The user wants to decide on an approval: $ARGUMENTS

1. Run \`milestone approvals\` to see what waits. When nothing named above waits, say so and stop.
2. Read the documents that it lists. Tell the user in a few lines what they say, what is missing or doubtful in them,
   and by which criteria they are to be judged. Ask for the decision.
3. Only after the user answered, carry the answer over, in the words of the user:
   \`milestone approve <milestone> <task> <phase> --yes\` (with \`-m "<comment>"\` if there is one, \`--role <role>\` if the approval
   names roles), or \`milestone reject <milestone> <task> <phase> --yes -m "<reason>"\`. \`--yes\` says that the user decided.
   An approval is for what the user has just been shown; it is never for another document, and silence is none.
4. When what it prints names \`milestone resume\`, say that \`/milestone:resume <milestone>\` goes on.
`;

function runningText(agent: AgentName, command: 'execute' | 'resume'): string {
  return `${ROLES}
1. Run \`milestone ${command} --detach $ARGUMENTS\`. Add no flag of your own. It returns as soon as the execution has begun
   in the background, and names the milestone. Exit code 5: it is being executed already, go on with 2. Any other code
   but 0: tell the user what it printed, with the hint, and stop.
2. Show the user \`milestone status <milestone> --format md\`.
3. ${waiting(agent)}
   When the status has a part "Needs you", do 4; otherwise 5.
4. Bring each entry under "Needs you" to the user in plain words: what is wanted, why, and what depends on it. Stop there,
   and wait for the answer; then carry it over and go on with 3.
   - A question of a task: ask it as it stands, then \`milestone answer <milestone> <task> --yes "<the answer>"\`.
   - An approval: read the documents in \`.milestones/deliverables/<milestone>/<task>/<phase>/\` and say what they contain.
     Only after the user decided: \`milestone approve <milestone> <task> <phase> --yes\` or
     \`milestone reject <milestone> <task> <phase> --yes -m "<reason>"\`. Never decide yourself, and never take an earlier yes
     for another document.
   - A task that failed, is blocked, or is for a person: say the cause (\`milestone log <milestone> <task> --output\`) and
     what the status proposes. Run that only when the user wants it; \`skip\` wants \`--yes\` then.
   When what you ran says that \`milestone resume\` goes on, start it again with \`milestone resume --detach <milestone>\`.
   If the user wants to decide later, wait with \`--until change\` in place of \`--until attention\` and report only what
   is new.
5. Say in a few lines what came of it. Only what the status says is done is done.
${agent === 'claude' ? LATER_TURNS : ''}`;
}

// In Claude Code the end of the waiting begins another turn.
const LATER_TURNS = `
What this command permits, it permits until your turn ends. Later the user is asked about each call. When one is denied,
try no other way: say that \`/milestone:resume <milestone>\` goes on and follows it.
`;

function waiting(agent: AgentName): string {
  const command = (flags: string) =>
    `\`milestone wait <milestone> ${flags}; milestone status <milestone> --format md\``;
  if (agent === 'claude')
    return `Run ${command('--until attention')}, as one command,
   in the background (\`run_in_background\`). Do nothing until it ends; then read what it printed, from its output file.`;
  return `Run ${command('--until attention --timeout 9m')},
   as one command, and give the tool ten minutes for it. When it is still being executed and needs nobody, run it again.`;
}
