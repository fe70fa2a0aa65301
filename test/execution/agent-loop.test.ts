import {describe, expect, test} from 'vitest';
import {MilestoneError} from '../../src/errors.ts';
import type {EventName, MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import {type Agent, AgentLoop} from '../../src/execution/agent-loop.ts';
import type {RecordListener} from '../../src/execution/ledger.ts';
import type {ResolvedMilestoneSettings} from '../../src/plan/settings.ts';
import {FakeClock} from '../rig/fake-clock.ts';

class Loop {
  readonly clock = new FakeClock();
  readonly recorded: NewEvent[] = [];
  readonly settings: Pick<ResolvedMilestoneSettings, 'agents'> = {agents: {}};
  failure: unknown;
  readonly loop: AgentLoop;
  wakeAll = () => {};
  private tell: RecordListener = () => {};

  constructor(...agents: Agent[]) {
    this.loop = new AgentLoop(agents, {
      inForce: {settings: this.settings as ResolvedMilestoneSettings},
      ledger: {
        record: (...events) => this.recorded.push(...events),
        onRecorded: listener => {
          this.tell = listener;
        },
      },
      lifetime: {
        fail: error => {
          this.failure = error;
        },
      },
      timers: {
        onWake: listener => {
          this.wakeAll = listener;
        },
      },
      clock: this.clock,
    });
    this.loop.start();
  }

  notify(event: EventName): void {
    this.tell({event} as MilestoneEvent, false);
  }

  names(): string[] {
    return this.recorded.map(event => event.event);
  }
}

/** Everything that can run without time passing has run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function agent(changes: Partial<Agent>): Agent {
  return {name: 'test', everyMs: 1_000, wakesOn: [], tick: () => undefined, ...changes};
}

describe('an agent', () => {
  test('ticks at the start, and again after each rest', async () => {
    let ticks = 0;
    const world = new Loop(agent({tick: () => void ticks++}));
    await settled();
    expect(ticks).toBe(1);
    await world.clock.advance(999);
    expect(ticks).toBe(1);
    await world.clock.advance(1);
    await settled();
    expect(ticks).toBe(2);
    await world.loop.stop();
  });

  test('is woken by events of the kinds that it waits for, and by no others', async () => {
    let ticks = 0;
    const world = new Loop(agent({everyMs: Number.POSITIVE_INFINITY, wakesOn: ['trouble'], tick: () => void ticks++}));
    await settled();
    world.notify('task_claimed');
    await settled();
    expect(ticks).toBe(1);
    world.notify('task_failed');
    world.notify('task_failed');
    await settled();
    expect(ticks).toBe(2);
    await world.loop.stop();
  });

  test('never ticks twice at once; a wake during a tick makes one more tick after it', async () => {
    let running = 0;
    let most = 0;
    let ticks = 0;
    let finish = () => {};
    const world = new Loop(
      agent({
        wakesOn: ['trouble'],
        async tick() {
          ticks++;
          most = Math.max(most, ++running);
          await new Promise<void>(resolve => {
            finish = resolve;
          });
          running--;
        },
      }),
    );
    await settled();
    world.notify('task_failed');
    world.notify('task_failed');
    await settled();
    expect(ticks).toBe(1);
    finish();
    await settled();
    expect(ticks).toBe(2);
    finish();
    await settled();
    expect([ticks, most]).toEqual([2, 1]);
    await world.loop.stop();
  });

  test('that fails is an event and rests longer each time, while the others go on', async () => {
    let ticks = 0;
    const world = new Loop(
      agent({
        name: 'ill',
        everyMs: 10,
        tick() {
          ticks++;
          throw new Error('no');
        },
      }),
    );
    await settled();
    expect(world.recorded).toContainEqual({event: 'agent_failed', details: {agent: 'ill', message: 'no'}});
    await world.clock.advance(999);
    await settled();
    expect(ticks).toBe(1);
    await world.clock.advance(1);
    await settled();
    expect(ticks).toBe(2);
    await world.clock.advance(1_999);
    await settled();
    expect(ticks).toBe(2);
    await world.clock.advance(1);
    await settled();
    expect(ticks).toBe(3);
    await world.loop.stop();
  });

  test('is well again, and on record as such, as soon as a tick of it succeeds', async () => {
    let fails = true;
    const world = new Loop(
      agent({
        name: 'ill',
        tick() {
          if (fails) throw new Error('no');
        },
      }),
    );
    await settled();
    fails = false;
    await world.clock.advance(1_000);
    await settled();
    expect(world.names()).toEqual(['agent_registered', 'agent_failed', 'agent_registered']);
    await world.clock.advance(1_000);
    await settled();
    expect(world.names()).toHaveLength(3);
    fails = true;
    await world.clock.advance(1_000);
    await settled();
    expect(world.names().at(-1)).toBe('agent_failed');
    await world.loop.stop();
  });

  test('that fails is not woken by events before its rest is over; what came meanwhile is seen then', async () => {
    let ticks = 0;
    const world = new Loop(
      agent({
        wakesOn: ['trouble'],
        async tick() {
          ticks++;
          await Promise.resolve();
          if (ticks === 1) {
            world.notify('task_failed');
            throw new Error('no');
          }
        },
      }),
    );
    await settled();
    world.notify('task_failed');
    world.wakeAll();
    await settled();
    expect(ticks).toBe(1);
    await world.clock.advance(1_000);
    await settled();
    expect(ticks).toBe(2);
    world.notify('task_failed');
    await settled();
    expect(ticks).toBe(3);
    await world.loop.stop();
  });

  test('that runs last is not kept waiting by one that fails', async () => {
    let ticks = 0;
    const fails = agent({
      name: 'ill',
      wakesOn: ['trouble'],
      async tick() {
        await Promise.resolve();
        world.notify('task_failed');
        throw new Error('no');
      },
    });
    const last = agent({name: 'last', wakesOn: ['trouble'], runsLast: true, tick: () => void ticks++});
    const world: Loop = new Loop(fails, last);
    await settled();
    const before = ticks;
    world.notify('task_failed');
    await settled();
    expect(ticks).toBe(before + 1);
    await world.loop.stop();
  });

  test('rests as long as the settings in force say', async () => {
    let ticks = 0;
    const world = new Loop(agent({everyMs: 120_000, tick: () => void ticks++}));
    await settled();
    world.settings.agents.test = {everyMs: 50};
    world.wakeAll();
    await settled();
    expect(ticks).toBe(2);
    await world.clock.advance(50);
    await settled();
    expect(ticks).toBe(3);
    delete world.settings.agents.test;
    await world.clock.advance(50);
    await settled();
    expect(ticks).toBe(4);
    await world.clock.advance(119_999);
    await settled();
    expect(ticks).toBe(4);
    await world.loop.stop();
  });

  test('whose tick is under way has a second to end, which no more than that hangs on', async () => {
    const ends: string[] = [];
    let finish = () => {};
    const slow = agent({
      name: 'slow',
      async tick() {
        await new Promise<void>(resolve => {
          finish = resolve;
        });
        ends.push('slow');
      },
    });
    const hanging = agent({name: 'hanging', tick: () => new Promise<void>(() => {})});
    const world = new Loop(slow, hanging);
    await settled();
    const stopped = world.loop.stop().then(() => ends.push('stopped'));
    await world.clock.advance(400);
    finish();
    await world.clock.advance(599);
    expect(ends).toEqual(['slow']);
    await world.clock.advance(1);
    await stopped;
    expect(ends).toEqual(['slow', 'stopped']);
    expect(world.names().slice(-2)).toEqual(['agent_stopped', 'agent_stopped']);
  });

  test('that fails after the stop is no event any more', async () => {
    let fail = (_: Error) => {};
    const world = new Loop(
      agent({
        tick: () =>
          new Promise<void>((_, reject) => {
            fail = reject;
          }),
      }),
    );
    await settled();
    const stopped = world.loop.stop();
    fail(new Error('was stopped'));
    await stopped;
    expect(world.names()).toEqual(['agent_registered', 'agent_stopped']);
  });

  test('whose machine fails ends the execution', async () => {
    const error = new MilestoneError('DISK_FULL', 'the disk is full');
    const world = new Loop(
      agent({
        tick() {
          throw error;
        },
      }),
    );
    await settled();
    expect(world.failure).toBe(error);
    await world.loop.stop();
  });

  test('does nothing after the stop, which is on record', async () => {
    let ticks = 0;
    const world = new Loop(agent({wakesOn: ['trouble'], tick: () => void ticks++}));
    await settled();
    await world.loop.stop();
    world.notify('task_failed');
    await world.clock.advance(10_000);
    await settled();
    expect(ticks).toBe(1);
    expect(world.names()).toEqual(['agent_registered', 'agent_stopped']);
  });
});
