import {describe, expect, test} from 'vitest';
import {type Agent, AgentLoop} from '../../src/agents/agent.ts';
import type {ExecutionContext} from '../../src/engine/context.ts';
import {MilestoneError} from '../../src/errors.ts';
import type {NewEvent} from '../../src/events/event.ts';
import {FakeClock} from '../rig/fake-clock.ts';

class Loop {
  readonly clock = new FakeClock();
  readonly recorded: NewEvent[] = [];
  failure: unknown;
  readonly loop: AgentLoop;

  constructor(...agents: Agent[]) {
    const context = {
      record: (...events: NewEvent[]) => this.recorded.push(...events),
      fail: (error: unknown) => {
        this.failure = error;
      },
    } as unknown as ExecutionContext;
    this.loop = new AgentLoop(agents, context, this.clock);
    this.loop.start();
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
  return {name: 'test', restMs: 1_000, wakesOn: [], tick: () => undefined, ...changes};
}

describe('an agent', () => {
  test('ticks at the start, and again after each rest', async () => {
    let ticks = 0;
    const {clock, loop} = new Loop(agent({tick: () => void ticks++}));
    await settled();
    expect(ticks).toBe(1);
    await clock.advance(999);
    expect(ticks).toBe(1);
    await clock.advance(1);
    await settled();
    expect(ticks).toBe(2);
    loop.stop();
  });

  test('is woken by the events that it waits for, and by no others', async () => {
    let ticks = 0;
    const {loop} = new Loop(
      agent({restMs: Number.POSITIVE_INFINITY, wakesOn: ['task_failed'], tick: () => void ticks++}),
    );
    await settled();
    loop.notify('task_claimed');
    await settled();
    expect(ticks).toBe(1);
    loop.notify('task_failed');
    loop.notify('task_failed');
    await settled();
    expect(ticks).toBe(2);
    loop.stop();
  });

  test('never ticks twice at once; a wake during a tick makes one more tick after it', async () => {
    let running = 0;
    let most = 0;
    let ticks = 0;
    let finish = () => {};
    const {loop} = new Loop(
      agent({
        wakesOn: ['task_failed'],
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
    loop.notify('task_failed');
    loop.notify('task_failed');
    await settled();
    expect(ticks).toBe(1);
    finish();
    await settled();
    expect(ticks).toBe(2);
    finish();
    await settled();
    expect([ticks, most]).toEqual([2, 1]);
    loop.stop();
  });

  test('that fails is an event and rests longer each time, while the others go on', async () => {
    let ticks = 0;
    const world = new Loop(
      agent({
        name: 'ill',
        restMs: 10,
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
    world.loop.stop();
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
    world.loop.stop();
  });

  test('does nothing after the stop, which is on record', async () => {
    let ticks = 0;
    const world = new Loop(agent({wakesOn: ['task_failed'], tick: () => void ticks++}));
    await settled();
    world.loop.stop();
    world.loop.notify('task_failed');
    await world.clock.advance(10_000);
    await settled();
    expect(ticks).toBe(1);
    expect(world.names()).toEqual(['agent_registered', 'agent_stopped']);
  });
});
