import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type BudgetQuestion, budgetShare, estimateUsage, exceeded, reserve} from '../../src/scheduler/budget.ts';

function ask(changes: Partial<BudgetQuestion> = {}) {
  return reserve({
    limit: undefined,
    used: {},
    reserved: [],
    taskLimit: undefined,
    taskUsed: {},
    room: 1,
    reportsCost: true,
    ...changes,
  });
}

describe('an attempt', () => {
  test('without any budget reserves nothing, and may start', () => {
    expect(ask()).toEqual({kind: 'reserved', amount: {}});
  });

  test("reserves what is left of its task's budget, as far as the milestone has it", () => {
    const task = {taskLimit: {usd: 2, turns: 10}, taskUsed: {usd: 0.5, turns: 4}, room: 4};
    expect(ask(task)).toEqual({kind: 'reserved', amount: {usd: 1.5, turns: 6}});
    expect(ask({...task, limit: {usd: 10}, used: {usd: 9}})).toMatchObject({amount: {usd: 1, turns: 6}});
  });

  test('reserves else its share of what nobody has reserved', () => {
    const question = {limit: {usd: 10, tokens: 1000}, used: {usd: 2}, reserved: [{usd: 2, tokens: 400}], room: 3};
    expect(ask(question)).toEqual({kind: 'reserved', amount: {usd: 2, tokens: 200}});
  });

  test('is not held by usd when nobody will know what it cost', () => {
    const question = {limit: {usd: 1, minutes: 5}, used: {usd: 3}, reportsCost: false};
    expect(ask(question)).toEqual({kind: 'reserved', amount: {minutes: 5}});
  });

  test('does not start when nothing is left, of its own or of all', () => {
    expect(ask({limit: {usd: 1}, used: {usd: 0.5}, reserved: [{usd: 0.5}]})).toEqual({
      kind: 'nothing',
      whose: 'milestone',
      key: 'usd',
    });
    expect(ask({limit: {usd: 9}, taskLimit: {turns: 3}, taskUsed: {turns: 3}})).toMatchObject({whose: 'task'});
  });
});

test('however attempts start and end, no more is reserved than there is', () => {
  const step = fc.record({
    room: fc.integer({min: 1, max: 5}),
    ends: fc.boolean(),
    share: fc.double({min: 0, max: 1, noNaN: true}),
  });
  fc.assert(
    fc.property(fc.double({min: 0.01, max: 1000, noNaN: true}), fc.array(step, {maxLength: 30}), (usd, steps) => {
      let used = 0;
      const reserved: Array<{usd?: number}> = [];
      for (const {room, ends, share} of steps) {
        const ended = ends ? reserved.shift() : undefined;
        if (ended) used += (ended.usd ?? 0) * share;
        const answer = ask({limit: {usd}, used: {usd: used}, reserved, room});
        if (answer.kind === 'reserved') reserved.push(answer.amount);
        const held = reserved.reduce((sum, one) => sum + (one.usd ?? 0), used);
        expect(held).toBeLessThanOrEqual(usd * (1 + 1e-9));
      }
    }),
  );
});

test('the share that counts is that of the limit which is used up most', () => {
  expect(budgetShare({usd: 10, turns: 10}, {usd: 1, turns: 9, tokens: 5})).toBe(0.9);
  expect(budgetShare(undefined, {usd: 1})).toBe(0);
  expect(exceeded({usd: 1, tokens: 100}, {usd: 0.5, tokens: 100})).toBe('tokens');
  expect(exceeded({usd: 1}, {tokens: 1})).toBeUndefined();
});

describe('an attempt that was cut off', () => {
  const reported = {usd: 2, tokens: 100_000, turns: 20, minutes: 10};

  test('has used what was seen of it, and money by what others have paid for their tokens', () => {
    const cutOff = {seen: {tokens: 5_000, turns: 3}, priced: {usd: 9}, minutes: 1, reported, reserved: {usd: 20}};
    expect(estimateUsage(cutOff)).toEqual({
      used: {tokens: 5_000, turns: 3, usd: 0.1, minutes: 1},
      estimated: {usd: 0.1},
    });
  });

  test('is priced where nobody has paid anything yet', () => {
    const cutOff = {seen: {tokens: 5_000}, priced: {usd: 0.3}, minutes: 1, reported: undefined, reserved: {usd: 20}};
    expect(estimateUsage(cutOff).estimated).toEqual({usd: 0.3});
  });

  test('is estimated from its time where nothing was seen, and from nothing where there is no rate', () => {
    const cutOff = {seen: {}, minutes: 2, reported, reserved: {}};
    expect(estimateUsage(cutOff).estimated).toEqual({usd: 0.4, tokens: 20_000, turns: 4});
    expect(estimateUsage({...cutOff, reported: undefined})).toEqual({used: {minutes: 2}, estimated: {}});
  });

  test('never costs more than it had reserved, unless more was seen', () => {
    const usage = fc.record(
      {usd: fc.double({min: 0, max: 1e3, noNaN: true}), tokens: fc.nat(1e6), turns: fc.nat(100)},
      {requiredKeys: []},
    );
    const reservation = fc.record({
      usd: fc.double({min: 0.01, max: 10, noNaN: true}),
      tokens: fc.integer({min: 1, max: 1e5}),
    });
    fc.assert(
      fc.property(usage, usage, reservation, fc.nat(100), (seen, rate, reserved, minutes) => {
        const {used, estimated} = estimateUsage({seen, minutes, reported: {...rate, minutes: 1}, reserved});
        expect(used).toMatchObject(seen);
        for (const key of ['usd', 'tokens'] as const) {
          if (seen[key] !== undefined) expect(estimated).not.toHaveProperty(key);
          else expect(estimated[key] ?? 0).toBeLessThanOrEqual(reserved[key]);
        }
      }),
    );
  });
});
