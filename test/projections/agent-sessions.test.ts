import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {parse} from 'yaml';
import type {MilestoneEvent, NewEvent} from '../../src/events/event.ts';
import {AgentSessions} from '../../src/projections/agent-sessions.ts';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'agents-'));
});
afterAll(() => fs.rmSync(folder, {recursive: true}));

const fileOf = (agent: string, session: string) => path.join(folder, `${agent}-${session}.yaml`);
const read = (agent: string) => parse(fs.readFileSync(fileOf(agent, 's'), 'utf8')).agent;

let seq = 0;
function recorded(event: NewEvent, minute: number): MilestoneEvent {
  const timestamp = `2026-11-23T10:0${minute}:00.000Z`;
  return {...event, seq: ++seq, timestamp, milestone_id: 'm', session_id: 's'};
}

test('the file of an agent is written when its status changes, and says what went wrong last', () => {
  const sessions = new AgentSessions({agentSession: fileOf});
  const registered: NewEvent = {event: 'agent_registered', details: {agent: 'git-integration'}};
  sessions.events([recorded(registered, 0)]);
  const running = {
    id: 'git-integration-s',
    type: 'git-integration',
    milestone_id: 'm',
    session_id: 's',
    status: 'running',
    started_at: '2026-11-23T10:00:00.000Z',
    updated_at: '2026-11-23T10:00:00.000Z',
  };
  expect(read('git-integration')).toEqual(running);
  const before = fs.statSync(fileOf('git-integration', 's')).ino;
  sessions.events([recorded({event: 'milestone_resumed', details: {}}, 1)]);
  expect(fs.statSync(fileOf('git-integration', 's')).ino).toBe(before);
  sessions.events([
    recorded({event: 'agent_failed', details: {agent: 'git-integration', message: 'say "no":\n#1'}}, 2),
  ]);
  const failing = {...running, status: 'failing', updated_at: '2026-11-23T10:02:00.000Z', last_error: 'say "no":\n#1'};
  expect(read('git-integration')).toEqual(failing);
  sessions.events([recorded(registered, 3)]);
  expect(read('git-integration')).toEqual({...failing, status: 'running', updated_at: '2026-11-23T10:03:00.000Z'});
});

test('whoever was not stopped has died, whatever its file says besides', () => {
  const sessions = new AgentSessions({agentSession: fileOf});
  const failed: NewEvent = {event: 'agent_failed', details: {agent: 'a', message: '\n  status: "running"'}};
  const stopped: NewEvent = {event: 'agent_stopped', details: {agent: 'b'}};
  sessions.events([recorded(failed, 4), recorded(stopped, 4)]);
  sessions.settle('s', ['a', 'b', 'never-written']);
  expect(read('a')).toMatchObject({status: 'died', last_error: '\n  status: "running"'});
  expect(read('b')).toMatchObject({status: 'stopped'});
});
