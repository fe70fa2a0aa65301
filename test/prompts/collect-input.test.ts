import fs from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import type {Outcome} from '../../src/events/details/outcome.ts';
import type {NewEvent} from '../../src/events/event.ts';
import {openRepository} from '../../src/git/repository.ts';
import {homePaths} from '../../src/plan/file/home.ts';
import type {KiroPhase, Plan} from '../../src/plan/plan.ts';
import {resolveTaskSettings} from '../../src/plan/settings.ts';
import {createRedactor} from '../../src/platform/redact.ts';
import {collectInput, type PromptSources} from '../../src/prompts/collect-input.ts';
import {taskPrompt} from '../../src/prompts/task-prompt.ts';
import {applyEvent} from '../../src/state/apply-event.ts';
import {initialState} from '../../src/state/initial-state.ts';
import type {MilestoneState} from '../../src/state/milestone.ts';
import {saveRescue} from '../../src/workspace/rescue.ts';
import {GitRig} from '../git/git-rig.ts';

const PLAN: Plan = {
  id: 'auth-api',
  title: 'Build the authentication API',
  success_criteria: ['documented'],
  requires: [],
  settings: {verify: 'npm test', touches: ['src/**']},
  tasks: [
    {id: 'table', title: 'Create the table', run: 'true'},
    {id: 'notes', title: 'Notes'},
    {id: 'later', title: 'Later'},
    {
      id: 'login',
      title: 'POST /login',
      prompt: 'Of the whole task.',
      dependencies: ['table', 'notes', 'later'],
      verify: 'npm test -- login',
      estimated_hours: 3,
    },
    {
      id: 'docs',
      title: 'Documents',
      verify: 'npm test -- docs',
      kiro_workflow: {enabled: true, phases: {design: {prompt: 'Of the design.'}, spec: {verify: 'lint spec.md'}}},
    },
  ],
};

function stateAfter(...events: NewEvent[]): MilestoneState {
  const state = initialState(structuredClone(PLAN));
  const known = {timestamp: '2026-11-23T10:00:00.000Z', milestone_id: PLAN.id, session_id: 's'};
  for (const [place, event] of events.entries()) applyEvent(state, {...event, ...known, seq: place + 1} as never);
  return state;
}

function started(task_id: string, attempt: number, phase?: KiroPhase): NewEvent {
  const details = {task_id, attempt, slot: 0, token: 't', driver: 'claude', conversation: 'c-1', ...(phase && {phase})};
  return {event: 'task_started', details};
}

function claimed(task_id: string, attempt: number, summary: string): NewEvent {
  return {event: 'task_claimed', details: {task_id, attempt, result: {summary}}};
}

/** An attempt from its start to its end without success. */
function ended(task_id: string, attempt: number, outcome: Outcome, ...between: NewEvent[]): NewEvent[] {
  return [
    started(task_id, attempt),
    ...between,
    {event: 'attempt_ended', details: {task_id, attempt, outcome}},
    {event: 'task_retry_scheduled', details: {task_id, attempt, retry_at: '2026-11-23T10:00:00.000Z'}},
  ];
}

const RED: Outcome = {kind: 'failed', cause: 'check', message: 'did not pass its check'};

function sourcesOf(state: MilestoneState, id: string, more: Partial<PromptSources> = {}): PromptSources {
  const settings = resolveTaskSettings(state.taskById.get(id)!, state.plan.settings);
  return {
    state,
    paths: homePaths('/nowhere/.milestones'),
    repo: undefined,
    settings,
    driver: 'claude',
    redactText: text => text,
    ...more,
  };
}

describe('a task', () => {
  test('before its first attempt: what the plan says, and nothing else of the plan', async () => {
    const state = stateAfter();
    expect(await collectInput(sourcesOf(state, 'login'), 'login')).toEqual({
      mode: 'first',
      attempt: 1,
      milestone: {id: 'auth-api', title: 'Build the authentication API', success_criteria: ['documented']},
      task: {id: 'login', title: 'POST /login', prompt: 'Of the whole task.', touches: ['src/**']},
      documents: [],
      dependencies: [],
      checks: [
        {name: 'task', command: 'npm test -- login'},
        {name: 'milestone', command: 'npm test'},
      ],
      answers: [],
      rejections: [],
    });
  });

  test('after a red check: the check, the denials, the claim, in the same conversation', async () => {
    const red = {
      name: 'task',
      command: 'npm test',
      ok: false,
      exit_code: 1,
      duration_ms: 1,
      output_tail: 'no',
    } as const;
    const denials = [{tool: 'Bash', input: 'curl', allow: 'Bash(curl:*)'}];
    const state = stateAfter(
      ...ended(
        'login',
        1,
        RED,
        {
          event: 'task_claimed',
          details: {task_id: 'login', attempt: 1, result: {summary: 'Done.', denials}},
        },
        {
          event: 'task_verified',
          details: {
            task_id: 'login',
            attempt: 1,
            on: 'worktree',
            ok: false,
            checks: [red, {...red, name: 'milestone', ok: true}],
          },
        },
      ),
      {event: 'blocker_answered', details: {id: 'b', task_id: 'login', question: 'Which?', answer: 'This.'}},
    );
    expect(await collectInput(sourcesOf(state, 'login'), 'login')).toMatchObject({
      mode: 'continue',
      attempt: 2,
      answers: [{question: 'Which?', answer: 'This.'}],
      last: {
        attempt: 1,
        outcome: {kind: 'failed', message: 'did not pass its check'},
        summary: 'Done.',
        failedChecks: [red],
        denials,
        findings: [],
        isWorkKept: true,
        conflictFiles: [],
      },
    });
    const fresh = await collectInput(sourcesOf(state, 'login', {mode: 'fresh'}), 'login');
    expect(fresh.mode).toBe('fresh');
  });

  test('while an attempt runs: what that attempt was told', async () => {
    const state = stateAfter(...ended('login', 1, RED), started('login', 2));
    expect(await collectInput(sourcesOf(state, 'login'), 'login')).toMatchObject({
      mode: 'continue',
      attempt: 2,
      last: {attempt: 1},
    });
  });

  test('after a review that rejected it: its findings, not its JSON', async () => {
    const answer = JSON.stringify({verdict: 'reject', findings: [{message: 'leaks'}]});
    const review = {name: 'review', command: 'codex', ok: false, exit_code: null, duration_ms: 1} as const;
    const verified = (output_tail: string): NewEvent => ({
      event: 'task_verified',
      details: {task_id: 'login', attempt: 1, on: 'worktree', ok: false, checks: [{...review, output_tail}]},
    });
    const last = async (output: string) => {
      const state = stateAfter(...ended('login', 1, {...RED, cause: 'review'} as Outcome, verified(output)));
      return (await collectInput(sourcesOf(state, 'login'), 'login')).last;
    };
    expect(await last(answer)).toMatchObject({findings: [{message: 'leaks'}], failedChecks: []});
    expect(await last('no JSON')).toMatchObject({findings: [], failedChecks: [{output_tail: 'no JSON'}]});
  });
});

describe('in git', () => {
  test('dependencies come with summary, commit and files; unfinished ones not at all', async () => {
    using rig = GitRig.create();
    rig.commit({'README.md': 'x'});
    const commit = rig.commit({'db/users.sql': 'create', 'src/ü.ts': ''});
    const claim = [started('table', 1), claimed('table', 1, 'Adds the table.')];
    const complete: NewEvent = {
      event: 'task_completed',
      details: {task_id: 'table', attempt: 1, checked: true, commit},
    };
    const skip: NewEvent = {event: 'task_skipped', details: {task_id: 'notes', reason: 'not needed'}};
    const repo = await openRepository(rig.repo, rig.env);
    const dependencies = async (...events: NewEvent[]) =>
      (await collectInput(sourcesOf(stateAfter(...events), 'login', {repo}), 'login')).dependencies;

    const table = {id: 'table', title: 'Create the table', commit, files: ['db/users.sql', 'src/ü.ts']};
    expect(await dependencies(...claim, complete, skip)).toEqual([
      {...table, summary: 'Adds the table.'},
      {id: 'notes', title: 'Notes', summary: 'was skipped: not needed', files: []},
    ]);
    expect(await dependencies(started('table', 1), complete)).toEqual([{...table, summary: 'work'}]);
    const gone = {...complete.details, commit: '0'.repeat(40)} as never;
    expect(await dependencies(...claim, {event: 'task_completed', details: gone})).toEqual([
      {id: 'table', title: 'Create the table', summary: 'Adds the table.', files: []},
    ]);
  });

  test('after a conflict the work of the attempt is named by its ref; else it lies in the folder', async () => {
    using rig = GitRig.create();
    const base = rig.commit({'a.txt': 'a'});
    const repo = (await openRepository(rig.repo, rig.env))!;
    const last = async (outcome: Outcome) => {
      const sources = sourcesOf(stateAfter(...ended('login', 1, outcome)), 'login', {repo});
      const input = await collectInput(sources, 'login');
      return {mode: input.mode, ...input.last};
    };
    expect(await last(RED)).toMatchObject({mode: 'continue', isWorkKept: false});

    rig.write(rig.repo, {'a.txt': 'b'});
    const saved = await saveRescue(repo, {id: 'auth-api', task: 'login', attempt: 1, base});
    const rescueRef = saved!.ref;
    expect(await last(RED)).toMatchObject({mode: 'continue', isWorkKept: true, rescueRef});
    const conflict = await last({kind: 'conflict', message: 'conflicts', files: ['a.txt']});
    expect(conflict).toMatchObject({mode: 'fresh', isWorkKept: false, rescueRef, conflictFiles: ['a.txt']});
    expect(rig.git('diff', '--name-only', `${rescueRef}~`, rescueRef)).toBe('a.txt');
    const outside = await last({kind: 'failed', cause: 'out_of_area', message: 'outside'});
    expect(outside).toMatchObject({mode: 'fresh', isWorkKept: false, conflictFiles: []});
  });
});

describe('a kiro task', () => {
  const workflow: NewEvent = {event: 'kiro_workflow_started', details: {task_id: 'docs'}};
  const document = 'deliverables/auth-api/docs/design/architecture.md';

  function designed(status: 'waiting_approval' | 'completed'): NewEvent[] {
    const deliverables = [
      {path: document, sha256: ''},
      {path: 'deliverables/auth-api/docs/design/gone.md', sha256: ''},
    ];
    const details = {task_id: 'docs', attempt: 1, phase: 'design' as const, status, deliverables};
    return [workflow, started('docs', 1, 'design'), {event: 'kiro_phase_updated', details}];
  }

  async function withHome<T>(use: (paths: ReturnType<typeof homePaths>) => Promise<T>): Promise<T> {
    using rig = GitRig.create();
    const paths = homePaths(path.join(rig.repo, '.milestones'));
    fs.mkdirSync(path.dirname(path.join(paths.home, document)), {recursive: true});
    fs.writeFileSync(path.join(paths.home, document), '# Parts\n');
    return use(paths);
  }

  test('begins with its design: documents to write, no check of the code, no area', async () => {
    const input = await collectInput(sourcesOf(stateAfter(), 'docs'), 'docs');
    expect(input).toMatchObject({
      mode: 'first',
      task: {id: 'docs', title: 'Documents', prompt: 'Of the design.'},
      phase: {
        name: 'design',
        folder: '.milestones/deliverables/auth-api/docs/design',
        files: ['architecture.md', 'api-spec.yaml'],
      },
    });
    expect(input.task.touches).toBeUndefined();
    expect((await collectInput(sourcesOf(stateAfter(), 'docs', {phase: 'spec'}), 'docs')).phase?.name).toBe('spec');
  });

  test('goes on with the documents of the phases before, those that are there', async () => {
    await withHome(async paths => {
      const next: NewEvent = {event: 'kiro_phase_transition', details: {task_id: 'docs', from: 'design', to: 'spec'}};
      const state = stateAfter(...designed('completed'), next);
      expect(await collectInput(sourcesOf(state, 'docs', {paths}), 'docs')).toMatchObject({
        mode: 'first',
        attempt: 2,
        phase: {name: 'spec'},
        documents: [{phase: 'design', path: `.milestones/${document}`, content: '# Parts\n'}],
      });
    });
  });

  test('is told why it was sent back, in the same conversation', async () => {
    await withHome(async paths => {
      const approval = {task_id: 'docs', approval_id: 'a', phase: 'design' as const};
      const state = stateAfter(
        ...designed('waiting_approval'),
        {
          event: 'kiro_approval_requested',
          details: {
            ...approval,
            transition: 'design_to_spec',
            approvers: ['architect'],
            criteria: [],
            deliverables: [],
          },
        },
        {event: 'kiro_approval_rejected', details: {...approval, role: 'architect', comment: 'No errors described.'}},
      );
      expect(await collectInput(sourcesOf(state, 'docs', {paths}), 'docs')).toMatchObject({
        mode: 'continue',
        phase: {name: 'design'},
        rejections: ['No errors described.'],
        documents: [{phase: 'design'}],
      });
    });
  });

  test('execute is checked as any task, and writes no documents', async () => {
    const input = await collectInput(sourcesOf(stateAfter(), 'docs', {phase: 'execute'}), 'docs');
    expect(input.phase?.files).toEqual([]);
    expect(input.checks).toEqual([
      {name: 'task', command: 'npm test -- docs'},
      {name: 'milestone', command: 'npm test'},
    ]);
  });
});

test('secrets of the environment are taken out before anything is cut or moved', async () => {
  const secret = 'first-line-of-it\nsecond-line-of-it';
  const {redactText} = createRedactor({API_TOKEN: secret});
  const answer: NewEvent = {
    event: 'blocker_answered',
    details: {id: 'b', task_id: 'login', question: `Is it ${secret}?`, answer: 'Yes.'},
  };
  const sources = sourcesOf(stateAfter(...ended('login', 1, {...RED, message: `${secret} is wrong`}), answer), 'login');
  const prompt = await taskPrompt({...sources, redactText}, 'login');
  expect(prompt).toContain('*** is wrong');
  expect(prompt).toContain('Is it ***?');
  expect(prompt).not.toContain('line-of-it');
});
