// The built-in templates: how each prompt begins, and its parts in their order. `milestone prompt --template <name>` prints
// one, to be copied and changed.

import type {TemplateName} from './prompt-input.ts';
import {REVIEW_NAMES} from './review-sections.ts';
import {TASK_NAMES} from './task-sections.ts';
import type {Template} from './template.ts';

const EXECUTE = `
# Task {{task.id}}: {{task.title}}

Carry out this task. Whether it is done is decided by what lies in the folder, not by what you say.
`;

const CONTINUE = `
# Task {{task.id}}, attempt {{attempt}}

The task is not complete yet. Go on with it.

`;

const DESIGN = `
# Design of the task {{task.id}}: {{task.title}}

Write the design of this task. Do not carry it out: it is specified, planned and carried out later, from what you write.
Say which parts there are and what each is responsible for, which data and interfaces they have, how it fits into what
is there, what was decided and against which alternatives, and what is risky. An API is described so that both of its
sides could be built from the description alone.
`;

const SPEC = `
# Specification of the task {{task.id}}: {{task.title}}

Write the specification of this task, from its design. Do not carry it out: it is planned and carried out later.
Say exactly what is to happen, in every case: inputs, outputs, errors, limits, what must not change. Say for each
acceptance criterion by which test it is shown, and which further tests there are to be.
`;

const PLAN = `
# Plan of the task {{task.id}}: {{task.title}}

Write the plan by which this task is carried out, from its design and specification. Do not carry it out.
Name the steps in their order, each small enough to be checked by itself: which files it changes, what it does, which
test shows that it is right.
`;

const REVIEW = `
# Review of the task {{task.id}}: {{task.title}}

Somebody else has carried out this task. Judge the change below with fresh eyes. Change nothing: whatever you change is
thrown away.
`;

const DOCUMENT_PARTS = [
  'milestone',
  'files',
  'task',
  'dependencies',
  'documents',
  'tried',
  'answers',
  'checks',
  'rules',
] as const;

const BUILT_IN: Readonly<Record<TemplateName, string>> = {
  task: write(EXECUTE, [
    'milestone',
    'task',
    'files',
    'dependencies',
    'documents',
    'tried',
    'answers',
    'checks',
    'rules',
  ]),
  continue: write(CONTINUE, ['tried', 'answers', 'task', 'files', 'checks', 'rules']),
  design: write(DESIGN, DOCUMENT_PARTS),
  spec: write(SPEC, DOCUMENT_PARTS),
  plan: write(PLAN, DOCUMENT_PARTS),
  review: write(REVIEW, ['milestone', 'task', 'instructions', 'claim', 'checks', 'change', 'answer']),
};

type Name = (typeof TASK_NAMES)[number] | (typeof REVIEW_NAMES)[number];

function write(opening: string, parts: readonly Name[]): string {
  return `${opening.trim()}\n\n${parts.map(name => `{{${name}}}\n`).join('')}`;
}

/** The template that holds where the user has none of his own. */
export function builtInTemplate(name: TemplateName): Template {
  return {text: BUILT_IN[name], file: `built-in template ${name}`};
}

/** What a template can name. */
export function namesOf(name: TemplateName): readonly string[] {
  return name === 'review' ? REVIEW_NAMES : TASK_NAMES;
}
