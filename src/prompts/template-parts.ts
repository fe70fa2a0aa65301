// The parts that several built-in templates have in common. A section ends with the empty line that follows it, so that
// nothing is left of one that is left out.

export const MILESTONE = `

The task is part of the milestone {{milestone.id}}: {{milestone.title}}.

{{?milestone.description}}
{{milestone.description}}

{{/milestone.description}}
{{?milestone.success_criteria}}
The milestone is reached when:

{{#milestone.success_criteria}}
- {{.}}
{{/milestone.success_criteria}}

{{/milestone.success_criteria}}
`;

export const HEADING = `
## The task

{{task.title}}

`;

export const TASK = `
{{?task.description}}
{{task.description}}

{{/task.description}}
{{?task.prompt}}
{{task.prompt}}

{{/task.prompt}}
{{?task.acceptance_criteria}}
The task is complete when:

{{#task.acceptance_criteria}}
- {{.}}
{{/task.acceptance_criteria}}

{{/task.acceptance_criteria}}
`;

export const FILES = `
{{?phase.files}}
Write these documents, all of them, into the folder $MILESTONE_DELIVERABLES ({{phase.folder}}):

{{#phase.files}}
- {{.}}
{{/phase.files}}

None may be empty; YAML and JSON must parse.

{{/phase.files}}
{{?phase.asked}}
The plan asks of this phase:

{{#phase.asked}}
- {{.}}
{{/phase.asked}}

{{/phase.asked}}
`;

export const DEPENDENCIES = `
{{?dependencies}}
## What came before

The tasks that this one depends on are done, and their work is in the folder.

{{#dependencies}}
- {{id}}: {{title}}{{?commit}} (commit {{commit}}){{/commit}}
{{?summary}}
  {{summary}}
{{/summary}}
{{?files}}
  Changed files:
{{#files}}
  - {{.}}
{{/files}}
{{/files}}
{{/dependencies}}

{{/dependencies}}
`;

export const DOCUMENTS = `
{{?documents}}
## Documents of the phases so far

{{#documents}}
{{path}}, written in the phase "{{phase}}":

{{content}}

{{/documents}}
{{/documents}}
`;

export const LAST = `
{{?last.outcome}}
Attempt {{last.attempt}} did not complete the task: {{last.outcome}}

{{/last.outcome}}
{{#last.failed_checks}}
This check was red ({{result}}): {{command}}

{{?output}}
{{output}}

{{/output}}
{{/last.failed_checks}}
{{?last.findings}}
A reviewer found:

{{#last.findings}}
- {{?place}}{{place}}: {{/place}}{{?severity}}{{severity}}: {{/severity}}{{message}}
{{/last.findings}}

{{/last.findings}}
{{?last.denials}}
This was not allowed. Find another way; where there is none, end with a question that says what you need and why.

{{#last.denials}}
- {{tool}}: {{input}} (would be allowed by the line: {{allow}})
{{/last.denials}}

{{/last.denials}}
{{?last.conflict_files}}
These files were changed by others meanwhile, in a way that cannot be merged with yours:

{{#last.conflict_files}}
- {{.}}
{{/last.conflict_files}}

{{/last.conflict_files}}
{{#last}}
{{?work_kept}}
What that attempt changed lies in the folder as it was left. Look at it before you go on.

{{/work_kept}}
{{^work_kept}}
{{?rescue_ref}}
The folder is at the present state of the milestone, without the changes of that attempt. This shows them; take over
what is right:

    git diff {{rescue_ref}}~ {{rescue_ref}}

{{/rescue_ref}}
{{/work_kept}}
{{/last}}
`;

export const TRIED = `
{{?last}}
## What was tried before

${LAST.trim()}
{{?last.summary}}
That attempt said of its work:

- {{last.summary}}

{{/last.summary}}
{{/last}}
`;

export const SAID = `
{{?answers}}
You asked, and were answered. Do as the answers say:

{{#answers}}
- Question: {{question}}

  Answer: {{answer}}

{{/answers}}
{{/answers}}
{{?rejections}}
The documents of this phase were not approved, for these reasons:

{{#rejections}}
- {{.}}
{{/rejections}}

{{/rejections}}
`;

export const CHECKS = `
{{?checks}}
## How it is checked

When you have ended, these commands are run on what you leave; each must end with exit code 0.

{{#checks}}
- {{command}}
{{/checks}}

{{/checks}}
`;

export const WORK_RULES = `
## Rules

{{?person}}
{{?person.branch}}
- Commit your work on the branch \`{{person.branch}}\`: only what is committed there counts.
{{/person.branch}}
{{?task.touches}}
- Change only files that match one of these patterns:
{{#task.touches}}
  - {{.}}
{{/task.touches}}
{{/task.touches}}
- Do not touch .milestones/.
{{/person}}
{{^person}}
- Work only in the folder that you were started in.
{{?task.touches}}
- Change only files that match one of these patterns (lock files are free); a change to any other fails the task:
{{#task.touches}}
  - {{.}}
{{/task.touches}}
{{/task.touches}}
{{?task.protect}}
- Leave files alone that match one of these patterns, but for those that the task itself names: a change to any other fails it:
{{#task.protect}}
  - {{.}}
{{/task.protect}}
{{/task.protect}}
- Keep tests as they are unless the task is about them: whatever you delete or skip is named in the commit and in the report.
- Do not touch .milestones/{{?phase.files}} but for the documents in $MILESTONE_DELIVERABLES{{/phase.files}}: a change there fails the task.
{{^task.no_changes}}
- If nothing has changed in the end, the task counts as failed.
{{/task.no_changes}}
{{/person}}
`;

export const DOCUMENT_RULES = `
## Rules

{{?person}}
- The documents are not committed: it is enough that they lie in the folder. Change nothing else.
{{/person}}
{{^person}}
- Work only in the folder that you were started in, and change nothing in it but the documents in
  $MILESTONE_DELIVERABLES. Nothing else below .milestones/ may be touched; a change to any other file fails the phase.
{{/person}}
- Invent nothing. What you do not know is an assumption, or a question.
`;

export const END_RULES = `
{{?person}}
- When it is done, run \`{{person.done}}\`.
{{/person}}
{{^person}}
- Do not commit, stash or push, and stay on the commit that is checked out: what you leave is committed for you.
- Leave no process running.
- For matters of taste choose, and write the choice down as an assumption. Nobody can answer while you work. Ask only
  when a wrong guess would be dear to undo: then end with the question.
- End with the result: one JSON object, and nothing after it.

      {"status": "done", "summary": "…", "assumptions": ["…"], "question": null}

  The status is "done" when the task is complete, "blocked" when you need the answer to your question, "failed" when it
  cannot be done (the summary says why). The summary is for the commit: what you did, and what is not obvious about it.
{{/person}}
`;

export const SAME_RULES = `
## Rules

The rules that you were given still hold: work only in this folder, do not commit, leave .milestones/ alone{{?phase.files}}
but for $MILESTONE_DELIVERABLES{{/phase.files}}, choose in matters of taste and write down what you assume.
{{?task.touches}}
Change only files that match:{{#task.touches}} {{.}}{{/task.touches}}
{{/task.touches}}
{{?task.protect}}
Leave alone what the task does not name of:{{#task.protect}} {{.}}{{/task.protect}}
{{/task.protect}}
End with one JSON object, and nothing after it:

    {"status": "done" | "blocked" | "failed", "summary": "…", "assumptions": ["…"], "question": null}
`;
