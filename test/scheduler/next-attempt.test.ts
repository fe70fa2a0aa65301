import {expect, test} from 'vitest';
import type {Outcome} from '../../src/events/details/outcome.ts';
import type {KiroPhase} from '../../src/plan/plan.ts';
import {type NextAttempt, nextAttempt} from '../../src/scheduler/next-attempt.ts';
import type {LastAttempt} from '../../src/state/task.ts';

const CHECK: Outcome = {kind: 'failed', cause: 'check', message: 'red'};

interface Case {
  outcome?: Outcome;
  failures?: number;
  conversation?: string | undefined;
  driver?: string;
  phase?: KiroPhase;
}

function planAfter({outcome, failures = 1, driver = 'claude', phase, ...rest}: Case, next?: KiroPhase, attempt = 2) {
  const conversation = 'conversation' in rest ? rest.conversation : 'c-1';
  const last = {
    attempt: 1,
    driver,
    ...(outcome && {outcome}),
    ...(conversation !== undefined && {conversation}),
    ...(phase && {phase}),
  };
  const counters = {started: 1, failures, conflicts: 0, overloads: 0, deaths: 0};
  return nextAttempt({last, counters}, {attempt, phase: next, driver: 'claude', retries: 2});
}

test.each<[string, {last?: string; now?: string; isBoundToFolder?: boolean}, Partial<NextAttempt>]>([
  [
    'goes on in the folder that it speaks of',
    {last: '/s/1', now: '/s/1', isBoundToFolder: true},
    {conversation: 'c-1'},
  ],
  [
    'bound to its folder does not go on in another one',
    {last: '/s/1', now: '/s/0', isBoundToFolder: true},
    {mode: 'fresh'},
  ],
  ['bound to a folder that nobody knows does not go on', {now: '/s/0', isBoundToFolder: true}, {mode: 'fresh'}],
  ['goes on elsewhere, told where it was', {last: '/s/1', now: '/s/0'}, {conversation: 'c-1', movedFrom: '/s/1'}],
])('a conversation %s', (_, {last: folder, now, isBoundToFolder}, expected) => {
  const counters = {started: 1, failures: 1, conflicts: 0, overloads: 0, deaths: 0};
  const last = {attempt: 1, driver: 'x', conversation: 'c-1', outcome: CHECK, ...(folder !== undefined && {folder})};
  const next = nextAttempt({last, counters}, {attempt: 2, driver: 'x', retries: 2, folder: now, isBoundToFolder});
  expect(next).toEqual({mode: 'continue', from: [1], ...expected});
});

const AT_WORKER = {wasAway: true, livesAt: {queue: 'q', slot: 0, folder: '/w'}} as const;

test.each<[string, Partial<LastAttempt>, string[] | undefined, Partial<NextAttempt>]>([
  [
    'begun at a worker goes on there',
    AT_WORKER,
    ['p', 'q'],
    {mode: 'continue', conversation: 'c-1', livesAt: AT_WORKER.livesAt},
  ],
  ['whose worker is not there does not go on', AT_WORKER, ['p'], {mode: 'fresh'}],
  ['begun at a worker does not go on here', AT_WORKER, undefined, {mode: 'fresh'}],
  ['begun at nobody knows which worker does not go on at any', {wasAway: true}, ['q'], {mode: 'fresh'}],
  ['begun at nobody knows which worker does not go on here', {wasAway: true}, undefined, {mode: 'fresh'}],
  ['begun here does not go on at a worker', {folder: '/s/1'}, ['q'], {mode: 'fresh'}],
])('a conversation %s', (_, where, away, expected) => {
  const counters = {started: 1, failures: 1, conflicts: 0, overloads: 0, deaths: 0};
  const last: LastAttempt = {attempt: 1, driver: 'x', conversation: 'c-1', outcome: CHECK, ...where};
  const next = nextAttempt({last, counters}, {attempt: 2, driver: 'x', retries: 2, away: away && new Set(away)});
  expect(next).toEqual({from: [1], ...expected});
});

test('nothing was tried: the first', () => {
  const counters = {started: 0, failures: 0, conflicts: 0, overloads: 0, deaths: 0};
  expect(nextAttempt({counters}, {attempt: 1, driver: 'claude', retries: 2})).toEqual({mode: 'first', from: []});
});

test.each<[string, Case, NextAttempt['mode']]>([
  ['a red check', {outcome: CHECK}, 'continue'],
  ['an interruption', {outcome: {kind: 'interrupted', message: '', executor_died: true}, failures: 0}, 'continue'],
  ['a quota', {outcome: {kind: 'quota', message: ''}, failures: 2}, 'continue'],
  ['a question', {outcome: {kind: 'question', message: ''}, failures: 0}, 'continue'],
  ['a retry that a person asked for', {outcome: CHECK, failures: 0}, 'continue'],
  ['the last failure but one: the last retry', {outcome: CHECK, failures: 2}, 'fresh'],
  ['files outside of its area', {outcome: {kind: 'failed', cause: 'out_of_area', message: ''}}, 'fresh'],
  ['a conflict', {outcome: {kind: 'conflict', message: '', files: []}}, 'fresh'],
  ['another driver', {outcome: CHECK, driver: 'codex'}, 'fresh'],
  ['no conversation', {outcome: CHECK, conversation: undefined}, 'fresh'],
])('after %s', (_, last, mode) => {
  const {conversation, ...plan} = planAfter(last);
  expect(plan.mode).toBe(mode);
  expect(conversation).toBe(mode === 'continue' ? 'c-1' : undefined);
});

test('each phase begins anew; one that was sent back goes on', () => {
  expect(planAfter({phase: 'design'}, 'spec')).toEqual({mode: 'first', from: []});
  expect(planAfter({phase: 'design'}, 'design')).toMatchObject({mode: 'continue', from: [1]});
});

test('work that was to be taken up by an attempt which left none itself is found behind it', () => {
  const counters = {started: 3, failures: 0, conflicts: 0, overloads: 0, deaths: 1};
  const last = {attempt: 3, driver: 'claude', from: [2, 1], conversation: 'c-1'};
  expect(nextAttempt({last, counters}, {attempt: 4, driver: 'claude', retries: 2}).from).toEqual([3, 2, 1]);
});

test('what was tried before a completed attempt, which is done again, does not count', () => {
  expect(planAfter({outcome: CHECK}, undefined, 3)).toEqual({mode: 'first', from: []});
});
