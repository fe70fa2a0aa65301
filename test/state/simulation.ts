// A small world in which the rules of the engine hold and everything else is chance: which attempt ends next and how,
// whether the executor dies, what a person asks for. It makes the event sequences that the state must stand.

import fc from 'fast-check';
import {ReadyTasks} from '../../src/engine/ready-tasks.ts';
import {decideRequest} from '../../src/engine/request-decision.ts';
import type {MilestoneEvent, NewEvent, Outcome} from '../../src/events/event.ts';
import type {Plan, Task} from '../../src/milestone/plan.ts';
import {resolveTaskSettings} from '../../src/milestone/settings.ts';
import {afterAttempt} from '../../src/scheduler/after-attempt.ts';
import {applyEvent, initialState, type MilestoneState, taskState} from '../../src/state/milestone.ts';
import {isTaskEvent} from '../../src/state/task.ts';

const AREAS = ['src/a/**', 'src/b/**', 'src/**', 'docs/*.md'];
const NAMES = ['database', 'port'];

/** Plans without a cycle: a task depends only on tasks before it; the order in the file is another one. */
export const arbitraryPlan: fc.Arbitrary<Plan> = fc
  .array(
    fc.record({
      dependencies: fc.array(fc.nat(), {maxLength: 3}),
      touches: fc.option(fc.subarray(AREAS, {minLength: 1}), {nil: undefined, freq: 3}),
      uses: fc.option(fc.subarray(NAMES, {minLength: 1}), {nil: undefined, freq: 3}),
      retries: fc.nat({max: 2}),
      place: fc.nat(),
    }),
    {minLength: 1, maxLength: 12},
  )
  .map(drafts => {
    const tasks = drafts.map((draft, number): Task & {place: number} => ({
      id: `t${number}`,
      title: `Task ${number}`,
      run: 'true',
      retries: draft.retries,
      dependencies: number === 0 ? [] : [...new Set(draft.dependencies.map(nat => `t${nat % number}`))],
      ...(draft.touches && {touches: draft.touches}),
      ...(draft.uses && {uses: draft.uses}),
      place: draft.place,
    }));
    const shuffled = [...tasks].sort((a, b) => a.place - b.place).map(({place: _, ...task}) => task);
    return {id: 'p', title: 'P', requires: [], settings: {}, tasks: shuffled};
  });

/** What chance decides, step by step. */
export const arbitraryFate = fc.array(
  fc.record({
    pick: fc.nat(),
    what: fc.constantFrom(
      'succeed',
      'succeed',
      'succeed',
      'fail',
      'conflict',
      'advance',
      'advance',
      'die',
      'retry',
      'skip',
      'cancel',
    ),
  }),
  {maxLength: 80},
);

export type Fate = typeof arbitraryFate extends fc.Arbitrary<infer T> ? T : never;

export class World {
  readonly events: MilestoneEvent[] = [];
  readonly state: MilestoneState;
  readonly ready: ReadyTasks;

  constructor(
    readonly plan: Plan,
    readonly maxParallel: number,
    private readonly watch: (state: MilestoneState, event: MilestoneEvent) => void = () => undefined,
  ) {
    this.state = initialState({...plan, tasks: []});
    this.ready = new ReadyTasks(this.state, {
      constraintOf: id => this.settingsOf(id),
      standingOf: id => (this.state.taskById.get(id)?.run === undefined ? {kind: 'manual'} : {kind: 'go'}),
      maxAttemptsOf: id => this.settingsOf(id).maxAttempts,
      now: () => Number.POSITIVE_INFINITY,
      after: () => undefined,
      selection: undefined,
    });
    this.record({
      event: 'milestone_activated',
      details: {execution_id: 'x', plan, imported: {}, isolation: 'none', dependents: []},
    });
    this.ready.rebuild();
  }

  settingsOf(id: string) {
    return resolveTaskSettings(this.state.taskById.get(id) as Task, this.state.plan.settings);
  }

  record(event: NewEvent): void {
    const seq = this.events.length + 1;
    const recorded = {
      ...event,
      seq,
      timestamp: new Date(seq * 1000).toISOString(),
      milestone_id: 'p',
      session_id: 's',
    } as MilestoneEvent;
    applyEvent(this.state, recorded);
    this.events.push(recorded);
    if (isTaskEvent(recorded)) this.ready.refresh(recorded.details.task_id);
    this.watch(this.state, recorded);
  }

  /** Start what the scheduler chooses. */
  schedule(): void {
    for (const id of this.ready.choose(this.maxParallel, new Set())) {
      const attempt = taskState(this.state, id).history.attempts + 1;
      this.record({
        event: 'task_started',
        details: {task_id: id, attempt, slot: 0, token: `${id}.${attempt}`, driver: 'shell'},
      });
    }
  }

  live(fate: Fate): void {
    for (const {what, pick} of fate) {
      this.schedule();
      this.step(what, pick);
    }
  }

  /** From here on everything succeeds; failed and blocked tasks are retried. */
  succeedToTheEnd(): void {
    for (let steps = 0; steps < 1_000; steps++) {
      this.schedule();
      const [running] = this.state.running;
      if (running !== undefined) this.step('succeed', 0);
      else if (this.state.counts.failed + this.state.counts.blocked > 0) this.request({kind: 'retry'});
      else return;
    }
    throw new Error('the plan did not end');
  }

  private step(what: Fate[number]['what'], pick: number): void {
    const running = [...this.state.running];
    const id = running[pick % Math.max(1, running.length)];
    if (what === 'die')
      for (const each of running) this.end(each, {kind: 'interrupted', message: 'died', executor_died: true});
    else if (what === 'retry') this.request({kind: 'retry'});
    else if (what === 'skip') this.request({kind: 'skip', task_id: this.plan.tasks[pick % this.plan.tasks.length]!.id});
    else if (id === undefined) return;
    else if (what === 'advance') this.advance(id);
    else if (what === 'succeed') this.succeed(id);
    else if (what === 'fail') this.end(id, {kind: 'failed', cause: 'exit', message: 'failed', exit_code: 1});
    else if (what === 'cancel') this.end(id, {kind: 'cancelled', message: 'cancelled'});
    else this.end(id, {kind: 'conflict', message: 'conflict', files: ['f']});
  }

  private advance(id: string): void {
    const task = taskState(this.state, id);
    if (task.status !== 'in_progress') return;
    const details = {task_id: id, attempt: task.attempt};
    if (task.stage === 'starting')
      this.record({event: 'task_working', details: {...details, pid: 1, process_started: '1'}});
    else if (task.stage === 'working') this.record({event: 'task_claimed', details: {...details, result: {}}});
    else if (task.stage === 'claimed')
      this.record({event: 'task_integrating', details: {...details, commit: 'c', onto: 'b'}});
  }

  private succeed(id: string): void {
    const task = taskState(this.state, id);
    if (task.status !== 'in_progress') return;
    if (task.stage !== 'claimed' && task.stage !== 'integrating')
      this.record({event: 'task_claimed', details: {task_id: id, attempt: task.attempt, result: {}}});
    this.record({event: 'task_completed', details: {task_id: id, attempt: task.attempt, checked: false}});
  }

  private end(id: string, outcome: Outcome): void {
    const task = taskState(this.state, id);
    if (task.status !== 'in_progress') return;
    this.record({event: 'attempt_ended', details: {task_id: id, attempt: task.attempt, outcome}});
    const {history} = taskState(this.state, id);
    const {retries, maxAttempts, onInterrupt} = this.settingsOf(id);
    const next = afterAttempt({
      taskId: id,
      attempt: task.attempt,
      outcome,
      counters: history.counters,
      retries,
      maxAttempts,
      onInterrupt,
      now: new Date(0).toISOString(),
    });
    for (const event of next) this.record(event);
  }

  private request(ask: Parameters<typeof decideRequest>[1]): void {
    const decision = decideRequest(this.state, ask);
    if (decision.kind === 'rejected') return;
    if (decision.interrupt !== undefined && decision.interrupt !== 'all')
      this.end(decision.interrupt, {kind: 'cancelled', message: 'skipped'});
    for (const event of decision.events) this.record(event);
  }
}
