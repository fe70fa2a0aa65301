// A small world in which the rules of the engine hold and everything else is chance: which attempt ends next and how,
// whether the executor dies, what a person asks for, lets through, sends back or edits. It makes the event sequences that
// the state must stand.

import fc from 'fast-check';
import {kiroCoordinator} from '../../src/agents/kiro-coordinator.ts';
import type {Deliverable} from '../../src/events/details/kiro.ts';
import type {Outcome} from '../../src/events/details/outcome.ts';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import type {Execution} from '../../src/execution/execution.ts';
import type {NewBlocker} from '../../src/execution/ledger.ts';
import {ReadyTasks} from '../../src/execution/ready-tasks.ts';
import {gateOf, KIRO_PHASES, taskInPhase} from '../../src/plan/kiro-plan.ts';
import type {KiroPhase, Plan, Task, TaskId} from '../../src/plan/plan.ts';
import {resolveTaskSettings} from '../../src/plan/settings.ts';
import {decideRequest} from '../../src/requests/decide-request.ts';
import {afterAttempt} from '../../src/scheduler/after-attempt.ts';
import {applyEvent} from '../../src/state/apply-event.ts';
import {isTaskEvent} from '../../src/state/fold-task.ts';
import {heldUpPair} from '../../src/state/held-up.ts';
import {initialState} from '../../src/state/initial-state.ts';
import {pendingApprovals} from '../../src/state/kiro.ts';
import {workToIntegrate} from '../../src/state/kiro-task.ts';
import {type MilestoneState, phaseInWork, startOfWorkflow, taskState} from '../../src/state/milestone.ts';
import type {RunningTask} from '../../src/state/task.ts';

const AREAS = ['src/a/**', 'src/b/**', 'src/**', 'docs/*.md'];
const NAMES = ['database', 'port'];
const ROLES = ['architect', 'security'];

/** Gates of a kiro task; undefined for an ordinary one. */
const arbitraryGates = fc.option(fc.subarray([...KIRO_PHASES]), {nil: undefined});

/** Plans without a cycle: a task depends only on tasks before it; the order in the file is another one. */
export const arbitraryPlan: fc.Arbitrary<Plan> = fc
  .array(
    fc.record({
      dependencies: fc.array(fc.nat(), {maxLength: 3}),
      touches: fc.option(fc.subarray(AREAS, {minLength: 1}), {nil: undefined, freq: 3}),
      uses: fc.option(fc.subarray(NAMES, {minLength: 1}), {nil: undefined, freq: 3}),
      retries: fc.nat({max: 2}),
      gates: arbitraryGates,
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
      ...(draft.gates && {kiro_workflow: {enabled: true, phases: gatedPhases(draft.gates)}}),
      place: draft.place,
    }));
    const shuffled = [...tasks].sort((a, b) => a.place - b.place).map(({place: _, ...task}) => task);
    const kiro_configuration = {approval_gates: {design_to_spec: {approvers: ROLES}}};
    return {id: 'p', title: 'P', requires: [], settings: {}, kiro_configuration, tasks: shuffled};
  });

function gatedPhases(gates: readonly KiroPhase[]) {
  return Object.fromEntries(KIRO_PHASES.map(phase => [phase, {approval_required: gates.includes(phase), run: 'true'}]));
}

const ALL = ['advance', 'die', 'retry', 'skip', 'cancel', 'approve', 'reject', 'edit', 'auto', 'tear', 'tell'] as const;
const ENDS = ['succeed', 'fail', 'conflict'] as const;
type What = (typeof ALL)[number] | (typeof ENDS)[number];

function arbitrarySteps(weights: Partial<Record<What, number>>, length: {minLength?: number; maxLength: number}) {
  const what = [...ALL, ...ENDS].flatMap(one => Array<What>(weights[one] ?? 1).fill(one));
  return fc.array(fc.record({pick: fc.nat(), what: fc.constantFrom(...what)}), length);
}

/** What chance decides, step by step. */
export const arbitraryFate = arbitrarySteps({succeed: 3, advance: 2, approve: 2}, {maxLength: 80});

/** One or two kiro tasks, which get through many phases. */
export const arbitraryKiroPlan: fc.Arbitrary<Plan> = arbitraryPlan
  .filter(({tasks}) => tasks.length <= 2 && tasks.every(task => task.kiro_workflow))
  .map(plan => ({...plan, tasks: plan.tasks.map(({uses: _, ...task}) => task)}));

export const arbitraryKiroFate = arbitrarySteps(
  {succeed: 12, approve: 12, edit: 4, reject: 2, tear: 2},
  {minLength: 40, maxLength: 100},
);

export type Fate = typeof arbitraryFate extends fc.Arbitrary<infer T> ? T : never;

export class World {
  readonly events: MilestoneEvent[] = [];
  readonly state: MilestoneState;
  readonly ready: ReadyTasks;
  /** What the documents of the phases are now, by path. */
  readonly documents = new Map<string, string>();
  #gates: 'wait' | 'auto' = 'wait';

  constructor(
    readonly plan: Plan,
    readonly maxParallel: number,
    private readonly watch: (state: MilestoneState, event: MilestoneEvent) => void = () => undefined,
  ) {
    this.state = initialState({...plan, tasks: []});
    this.ready = new ReadyTasks(this.state, {
      constraintOf: id => this.constraintOf(id),
      standingOf: () => ({kind: 'go'}),
      maxAttemptsOf: id => this.settingsOf(id).maxAttempts,
      now: () => Number.POSITIVE_INFINITY,
      after: () => undefined,
      selection: undefined,
    });
    this.record({
      event: 'milestone_activated',
      details: {execution_id: 'x', plan, imported: {}, isolation: 'worktree', dependents: []},
    });
    this.ready.rebuild();
  }

  settingsOf(id: TaskId) {
    const task = this.state.taskById.get(id) as Task;
    const phase = phaseInWork(this.state, id);
    return resolveTaskSettings(phase === undefined ? task : taskInPhase(task, phase), this.state.plan.settings);
  }

  /** Phases that write documents touch nothing. */
  constraintOf(id: TaskId) {
    const settings = this.settingsOf(id);
    const phase = phaseInWork(this.state, id);
    return phase === undefined || phase === 'execute' ? settings : {uses: settings.uses};
  }

  record(...events: NewEvent[]): void {
    for (const event of events) {
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
  }

  /** Lead kiro tasks on, then start what the scheduler chooses. */
  schedule(): void {
    const execution = {
      ledger: {
        state: this.state,
        record: (...events: NewEvent[]) => this.record(...events),
        openBlocker: (blocker: NewBlocker) =>
          this.record({event: 'blocker_detected', details: {...blocker, id: `b${this.events.length}`}}),
      },
      inForce: {settings: {gates: this.#gates}, settingsOf: (id: TaskId) => this.settingsOf(id)},
      ready: this.ready,
      surroundings: {},
    };
    // One tick leads a task on by one phase at most.
    for (const _ of KIRO_PHASES) kiroCoordinator(execution as unknown as Execution).tick();
    for (const task_id of this.ready.exhausted)
      this.record({event: 'task_failed', details: {task_id, attempt: 1, cause: 'agent', message: 'no attempt left'}});
    // What does not start after all may have been in the way of something else.
    for (;;) {
      const chosen = this.ready.choose(this.maxParallel, new Set());
      for (const id of chosen) this.start(id);
      if (chosen.length === 0) return;
    }
  }

  private start(task_id: TaskId): void {
    if (this.voidIfChanged(task_id)) return;
    const task = taskState(this.state, task_id);
    const attempt = task.history.attempts + 1;
    const [phase, integrates] = [phaseInWork(this.state, task_id), workToIntegrate(task)];
    this.record(...startOfWorkflow(this.state, task_id), {
      event: 'task_started',
      details: {
        ...{task_id, attempt, slot: 0, token: `${task_id}.${attempt}`, driver: 'shell'},
        ...(phase && {phase}),
        ...(integrates !== undefined && {integrates}),
      },
    });
  }

  live(fate: Fate): void {
    for (const {what, pick} of fate) {
      this.schedule();
      this.step(what, pick);
    }
  }

  /** From here on everything succeeds and is let through; failed and blocked tasks are retried. */
  succeedToTheEnd(): void {
    for (let steps = 0; steps < 2_000; steps++) {
      this.schedule();
      const [running] = this.state.running;
      if (running !== undefined) this.step('succeed', 0);
      else if (this.state.counts.failed + this.state.counts.blocked > 0) this.request({kind: 'retry'});
      else if (this.waiting.length > 0) this.step('approve', 0);
      else return;
    }
    throw new Error('the plan did not end');
  }

  /** What somebody is asked to let through. */
  get waiting(): Array<{id: TaskId; phase: KiroPhase}> {
    return [...this.state.kiroTasks].flatMap(id => {
      const {status, history} = taskState(this.state, id);
      if (!history.kiro || status !== 'pending') return [];
      return pendingApprovals(history.kiro).map(({phase}) => ({id, phase}));
    });
  }

  /** The documents of a phase, as they are now. */
  documentsOf(id: TaskId, phase: KiroPhase): Deliverable[] {
    const path = `${id}/${phase}`;
    return [{path, sha256: this.documents.get(path) ?? 'nothing'}];
  }

  private step(what: Fate[number]['what'], pick: number): void {
    const running = [...this.state.running];
    const id = running[pick % Math.max(1, running.length)];
    if (what === 'die')
      // What is queued is done, and waits for the next executor.
      for (const each of running.filter(one => !this.state.queued.has(one)))
        this.end(each, {kind: 'interrupted', message: 'died', executor_died: true});
    else if (what === 'retry') this.request({kind: 'retry'});
    else if (what === 'skip') this.request({kind: 'skip', task_id: this.plan.tasks[pick % this.plan.tasks.length]!.id});
    else if (what === 'approve' || what === 'reject') this.decide(what, pick);
    else if (what === 'edit') this.edit(pick);
    else if (what === 'tell') this.tell();
    else if (what === 'auto') this.#gates = pick % 2 === 0 ? 'auto' : 'wait';
    else if (id === undefined) return;
    else if (what === 'advance') this.advance(id);
    else if (what === 'succeed') this.succeed(id);
    else if (what === 'tear') this.tear(id);
    else if (what === 'fail') this.end(id, {kind: 'failed', cause: 'exit', message: 'failed', exit_code: 1});
    else if (what === 'cancel') this.end(id, {kind: 'cancelled', message: 'cancelled'});
    else this.end(id, {kind: 'conflict', message: 'conflict', files: ['f']});
  }

  /** Somebody has looked at the documents as they are, and decides in a role that has not. */
  private decide(what: 'approve' | 'reject', pick: number): void {
    const {waiting} = this;
    const one = waiting[pick % Math.max(1, waiting.length)];
    if (!one) return;
    const {id: task_id, phase} = one;
    const approvers = taskState(this.state, task_id).history.kiro?.phases[phase].approval?.approvers ?? [];
    const open = approvers.filter(({status}) => status === 'pending');
    const role = open[pick % open.length]!.role;
    if (what === 'reject') this.request({kind: 'reject', task_id, phase, role, comment: 'no'});
    else this.request({kind: 'approve', task_id, phase, role, deliverables: this.documentsOf(task_id, phase)});
  }

  private edit(pick: number): void {
    const paths = [...this.documents.keys()];
    const path = paths[pick % Math.max(1, paths.length)];
    if (path !== undefined) this.documents.set(path, `edited ${this.events.length}`);
  }

  /** As before every start and every integration: what was approved has to be what is there. */
  private voidIfChanged(task_id: TaskId): boolean {
    const {kiro} = taskState(this.state, task_id).history;
    for (const phase of KIRO_PHASES) {
      const {status, approval, deliverables = []} = kiro?.phases[phase] ?? {};
      if (status !== 'approved' || !approval) continue;
      const now = this.documentsOf(task_id, phase);
      if (deliverables[0]?.sha256 === now[0]!.sha256) continue;
      const details = {task_id, approval_id: approval.id, phase, reason: 'changed', deliverables: now};
      this.record({event: 'kiro_approval_voided', details});
      return true;
    }
    return false;
  }

  /** What is held, and what holds it, comes on record. */
  private tell(): void {
    const {unexplained, unreported, untold} = this.state;
    const about = {type: 'task_dependency' as const, message: 'failed', hint: 'retry it'};
    for (const task_id of [...unexplained])
      this.record({event: 'blocker_detected', details: {id: `b${this.events.length}`, ...about, task_id}});
    for (const key of [...unreported]) this.record({event: 'task_dependency_blocker', details: heldUpPair(key)});
    if (untold.size > 0) this.record({event: 'blockers_escalated', details: {ids: [...untold]}});
  }

  private advance(id: string): void {
    const task = taskState(this.state, id);
    if (task.status !== 'in_progress') return;
    const details = {task_id: id, attempt: task.attempt};
    if (task.stage === 'starting')
      this.record({event: 'task_working', details: {...details, pid: 1, process_started: '1'}});
    else if (task.stage === 'working') this.record({event: 'task_claimed', details: {...details, result: {}}});
    else if (task.stage === 'claimed' && (task.phase === undefined || task.integrates !== undefined))
      this.record({event: 'task_queued', details: {...details, commit: 'w'}});
    else if (task.queued && !task.integrating)
      this.record({event: 'task_integrating', details: {...details, commit: 'c', onto: 'b', tip: 't'}});
  }

  private succeed(id: string): void {
    const task = taskState(this.state, id);
    if (task.status !== 'in_progress') return;
    this.claim(id, task);
    if (this.voidIfChanged(id)) this.end(id, {kind: 'cancelled', message: 'has to be approved again'});
    else if (task.phase === undefined || !this.endPhase(id, task))
      this.record({event: 'task_completed', details: {task_id: id, attempt: task.attempt, checked: false}});
  }

  /** The executor dies between two events that belong together. */
  private tear(id: string): void {
    const task = taskState(this.state, id);
    if (task.status !== 'in_progress' || task.phase !== 'execute') return;
    this.claim(id, task);
    if (this.voidIfChanged(id)) this.end(id, {kind: 'cancelled', message: 'has to be approved again'});
    else if (!this.endPhase(id, task)) this.end(id, {kind: 'interrupted', message: 'died', executor_died: true});
  }

  private claim(id: string, {stage, attempt}: RunningTask): void {
    if (stage !== 'claimed' && stage !== 'integrating')
      this.record({event: 'task_claimed', details: {task_id: id, attempt, result: {}}});
  }

  /** @returns Whether that was the end of the attempt; else the task is complete. */
  private endPhase(task_id: string, {attempt, phase = 'execute', integrates}: RunningTask): boolean {
    this.documents.set(`${task_id}/${phase}`, `written by ${attempt}`);
    const task = this.state.taskById.get(task_id) as Task;
    const isGated = integrates === undefined && gateOf(this.state.plan, task, phase).required;
    const details = {task_id, attempt, phase, deliverables: this.documentsOf(task_id, phase)};
    const status = isGated ? 'waiting_approval' : 'completed';
    this.record({event: 'kiro_phase_updated', details: {...details, status}});
    return isGated || phase !== 'execute';
  }

  private end(id: string, outcome: Outcome): void {
    const task = taskState(this.state, id);
    if (task.status !== 'in_progress') return;
    this.record({event: 'attempt_ended', details: {task_id: id, attempt: task.attempt, outcome}});
    const {history} = taskState(this.state, id);
    const {retries, maxAttempts, onInterrupt} = this.settingsOf(id);
    const next = afterAttempt({
      milestoneId: this.state.id,
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
