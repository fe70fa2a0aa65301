import {expect, test} from 'vitest';
import type {Observation} from '../../src/drivers/driver.ts';
import {agentOf} from '../../src/worker/agent-of.ts';
import {Slots} from '../../src/worker/slots.ts';
import type {AgentOrder} from '../../src/workers/port.ts';

const ORDER = {
  prompt: 'Go on.',
  freshPrompt: 'All of it.',
  conversation: {id: 'old', resume: true},
  livesAt: {queue: 'q', slot: 1, folder: '/one'},
} as unknown as AgentOrder;

function inFolder(folder: string, traits?: {isBoundToFolder?: boolean; newConversation?: () => string}) {
  const seen: Observation[] = [];
  const input = agentOf(ORDER, {
    folder,
    traits: {reportsCost: true, login: '', ...traits},
    observe: one => seen.push(one),
  });
  return {input, seen};
}

test('where it was begun, a conversation goes on as it is', () => {
  expect(inFolder('/one', {isBoundToFolder: true}).input).toMatchObject({
    prompt: 'Go on.',
    conversation: {id: 'old', resume: true},
  });
});

test('in another folder it is told so', () => {
  const {input} = inFolder('/two');
  expect(input.prompt).toMatch(/^You work in another folder now: `\/two`.*Go on\.$/s);
  expect(input.conversation).toEqual({id: 'old', resume: true});
});

test('one that is bound to its folder begins anew in another', () => {
  expect(inFolder('/two', {isBoundToFolder: true}).input).not.toHaveProperty('conversation');
  const {input, seen} = inFolder('/two', {isBoundToFolder: true, newConversation: () => 'new'});
  expect(input).toMatchObject({prompt: 'All of it.', conversation: {id: 'new', resume: false}});
  expect(seen).toEqual([{kind: 'conversation', id: 'new'}]);
});

test('the slot that is wanted is given, where it is free', () => {
  const slots = new Slots(3);
  expect([slots.take(1), slots.take(1), slots.take()]).toEqual([1, 0, 2]);
  slots.give(2);
  slots.give(0);
  expect(slots.take(2)).toBe(2);
});
