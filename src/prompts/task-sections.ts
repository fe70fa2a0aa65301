// The parts of the prompts of tasks. Each ends with the empty line that follows it, or is nothing.

import {headed, itemised, paragraph} from './paragraphs.ts';
import type {TemplateName} from './prompt-input.ts';
import type {LastView, PromptView} from './prompt-view.ts';

/** What the templates of tasks can name. */
export const TASK_NAMES = [
  'attempt',
  'milestone.id',
  'milestone.title',
  'task.id',
  'task.title',
  'milestone',
  'task',
  'files',
  'dependencies',
  'documents',
  'tried',
  'answers',
  'checks',
  'rules',
] as const;

/** The texts for these names, as the template words them. */
export function taskTexts(name: TemplateName, view: PromptView): Record<(typeof TASK_NAMES)[number], string> {
  const goesOn = name === 'continue';
  return {
    attempt: view.attempt,
    'milestone.id': view.milestone.id,
    'milestone.title': view.milestone.title,
    'task.id': view.task.id,
    'task.title': view.task.title,
    milestone: milestoneText(view),
    task: taskText(view, goesOn ? 'The task as the plan has it now' : 'The task'),
    files: filesText(view),
    dependencies: dependenciesText(view),
    documents: documentsText(view),
    tried: goesOn ? lastText(view.last) : triedText(view),
    answers: answersText(view),
    checks: checksText(view),
    rules: goesOn ? sameRules(view) : `${name === 'task' ? workRules(view) : documentRules(view)}${endRules(view)}\n`,
  };
}

export function milestoneText({milestone}: Pick<PromptView, 'milestone'>): string {
  return (
    paragraph(`The task is part of the milestone ${milestone.id}: ${milestone.title}.`) +
    paragraph(milestone.description) +
    headed('The milestone is reached when:', milestone.success_criteria)
  );
}

export function taskText({task}: Pick<PromptView, 'task'>, heading: string): string {
  return (
    paragraph(`## ${heading}`) +
    `${task.title}\n\n` +
    paragraph(task.description) +
    paragraph(task.prompt) +
    headed('The task is complete when:', task.acceptance_criteria)
  );
}

function filesText({phase}: PromptView): string {
  if (!phase) return '';
  const files = headed(
    `Write these documents, all of them, into the folder $MILESTONE_DELIVERABLES (${phase.folder}):`,
    phase.files,
  );
  const rule = files && paragraph('None may be empty; YAML and JSON must parse.');
  return files + rule + headed('The plan asks of this phase:', phase.asked);
}

function dependenciesText({dependencies}: PromptView): string {
  if (dependencies.length === 0) return '';
  const items = dependencies.map(
    ({id, title, summary, commit, files}) =>
      `- ${id}: ${title}${commit && ` (commit ${commit})`}\n` +
      (summary && `  ${summary}\n`) +
      (files.length > 0 ? `  Changed files:\n${itemised(files, '  ')}` : ''),
  );
  return `## What came before

The tasks that this one depends on are done, and their work is in the folder.

${items.join('')}
`;
}

function documentsText({documents}: PromptView): string {
  if (documents.length === 0) return '';
  const all = documents.map(({path, phase, content}) => `${path}, written in the phase "${phase}":\n\n${content}\n\n`);
  return `${paragraph('## Documents of the phases so far')}${all.join('')}`;
}

function lastText(last: LastView | undefined): string {
  if (!last) return '';
  const checks = last.failed_checks.map(
    ({command, result, output}) => paragraph(`This check was red (${result}): ${command}`) + paragraph(output),
  );
  const findings = last.findings.map(
    ({place, severity, message}) => `${place && `${place}: `}${severity && `${severity}: `}${message}`,
  );
  const denials = last.denials.map(
    ({tool, input, allow}) => `${tool}: ${input} (would be allowed by the line: ${allow})`,
  );
  return (
    paragraph(last.outcome && `Attempt ${last.attempt} did not complete the task: ${last.outcome}`) +
    checks.join('') +
    headed('A reviewer found:', findings) +
    headed(
      'This was not allowed. Find another way; where there is none, end with a question that says what you need and why.',
      denials,
    ) +
    headed(
      'These files were changed by others meanwhile, in a way that cannot be merged with yours:',
      last.conflict_files,
    ) +
    whereItsWorkIs(last)
  );
}

function whereItsWorkIs({work_kept, rescue_ref}: LastView): string {
  if (work_kept)
    return paragraph('What that attempt changed lies in the folder as it was left. Look at it before you go on.');
  if (rescue_ref === '') return '';
  return `The folder is at the present state of the milestone, without the changes of that attempt. This shows them; take over
what is right:

    git diff ${rescue_ref}~ ${rescue_ref}

`;
}

function triedText({last}: PromptView): string {
  if (!last) return '';
  return (
    paragraph('## What was tried before') +
    lastText(last) +
    headed('That attempt said of its work:', last.summary === '' ? [] : [last.summary])
  );
}

function answersText({answers, rejections}: PromptView): string {
  const answered = answers.map(({question, answer}) => `- Question: ${question}\n\n  Answer: ${answer}\n\n`);
  return (
    (answered.length > 0 ? paragraph('You asked, and were answered. Do as the answers say:') : '') +
    answered.join('') +
    headed('The documents of this phase were not approved, for these reasons:', rejections)
  );
}

function checksText({checks}: PromptView): string {
  const commands = checks.map(({command}) => command);
  return headed(
    '## How it is checked\n\nWhen you have ended, these commands are run on what you leave; each must end with exit code 0.',
    commands,
  );
}

function workRules(view: PromptView): string {
  const {task, person} = view;
  if (person) {
    return (
      paragraph('## Rules') +
      (person.branch &&
        `- Commit your work on the branch \`${person.branch}\`: only what is committed there counts.\n`) +
      inner('- Change only files that match one of these patterns:', task.touches) +
      '- Do not touch .milestones/.\n'
    );
  }
  const documents = writesDocuments(view) ? ' but for the documents in $MILESTONE_DELIVERABLES' : '';
  return (
    paragraph('## Rules') +
    '- Work only in the folder that you were started in.\n' +
    inner(
      '- Change only files that match one of these patterns (lock files are free); a change to any other fails the task:',
      task.touches,
    ) +
    inner(
      '- Leave files alone that match one of these patterns, but for those that the task itself names: a change to any other fails it:',
      task.protect,
    ) +
    '- Keep tests as they are unless the task is about them: whatever you delete or skip is named in the commit and in the report.\n' +
    `- Do not touch .milestones/${documents}: a change there fails the task.\n` +
    (task.no_changes ? '' : '- If nothing has changed in the end, the task counts as failed.\n')
  );
}

function documentRules({person}: PromptView): string {
  const where = person
    ? '- The documents are not committed: it is enough that they lie in the folder. Change nothing else.'
    : `- Work only in the folder that you were started in, and change nothing in it but the documents in
  $MILESTONE_DELIVERABLES. Nothing else below .milestones/ may be touched; a change to any other file fails the phase.`;
  return `## Rules

${where}
- Invent nothing. What you do not know is an assumption, or a question.
`;
}

function endRules({person}: PromptView): string {
  if (person) return `- When it is done, run \`${person.done}\`.\n`;
  return `- Do not commit, stash or push, and stay on the commit that is checked out: what you leave is committed for you.
- Leave no process running.
- For matters of taste choose, and write the choice down as an assumption. Nobody can answer while you work. Ask only
  when a wrong guess would be dear to undo: then end with the question.
- End with the result: one JSON object, and nothing after it.

      {"status": "done", "summary": "…", "assumptions": ["…"], "question": null}

  The status is "done" when the task is complete, "blocked" when you need the answer to your question, "failed" when it
  cannot be done (the summary says why). The summary is for the commit: what you did, and what is not obvious about it.
`;
}

function sameRules(view: PromptView): string {
  const {touches, protect} = view.task;
  const documents = writesDocuments(view) ? '\nbut for $MILESTONE_DELIVERABLES' : '';
  const line = (text: string, items: readonly string[]) => (items.length > 0 ? `${[text, ...items].join(' ')}\n` : '');
  return `## Rules

The rules that you were given still hold: work only in this folder, do not commit, leave .milestones/ alone${documents}, choose in matters of taste and write down what you assume.
${line('Change only files that match:', touches)}${line('Leave alone what the task does not name of:', protect)}End with one JSON object, and nothing after it:

    {"status": "done" | "blocked" | "failed", "summary": "…", "assumptions": ["…"], "question": null}

`;
}

/** Items below an item. */
function inner(item: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${item}\n${itemised(items, '  ')}`;
}

function writesDocuments({phase}: PromptView): boolean {
  return (phase?.files.length ?? 0) > 0;
}
