import {expect, test} from 'vitest';
import {classifyFailure, classifySilence, isComplaint, type ProviderFailure} from '../../src/drivers/failures.ts';

const context = {now: Date.parse('2026-11-23T10:00:00.000Z'), login: 'run `agent login`'};
const classify = (failure: ProviderFailure) => classifyFailure(failure, context);

test.each<[string, ProviderFailure]>([
  ['auth', {text: 'Not logged in · Please run /login'}],
  ['auth', {text: 'API Error: 401', status: 401}],
  ['auth', {text: 'Invalid API key · Fix external API key'}],
  ['auth', {text: 'OAuth token has expired', error: 'authentication_failed'}],
  ['auth', {text: 'unexpected status 401 Unauthorized: Missing bearer'}],
  ['quota', {text: 'usage limit reached'}],
  ['quota', {text: "You've hit your session limit · resets 3am"}],
  ['quota', {text: 'exceeded retry limit, last status: 429 Too Many Requests'}],
  ['quota', {text: 'Number of tokens has exceeded your rate limit', status: 429, error: 'rate_limit'}],
  ['quota', {text: 'Your credit balance is too low', status: 400, error: 'billing_error'}],
  ['quota', {text: 'Your credit balance is too low', status: 400, error: 'invalid_request'}],
  ['overload', {text: 'Overloaded', status: 529, error: 'server_error'}],
  ['overload', {text: 'API Error: Unable to connect to API (ConnectionRefused)', error: 'server_error'}],
  ['overload', {text: 'stream disconnected before completion: 503'}],
  ['overload', {text: 'quota service is down', status: 500}],
  ['failed', {text: 'prompt is too long', status: 400, error: 'invalid_request'}],
  ['failed', {text: 'no such model', status: 404}],
  ['failed', {text: 'something else'}],
])('%s: %j', (kind, failure) => {
  expect(classify(failure)).toMatchObject({kind, message: failure.text});
});

test('who is not logged in is told how to log in', () => {
  expect(classify({text: 'Not logged in'})).toMatchObject({hint: 'run `agent login`'});
});

test('a quota says until when, if the provider does', () => {
  expect(classify({text: 'usage limit reached, try again in 2 hours'})).toEqual({
    kind: 'quota',
    message: 'usage limit reached, try again in 2 hours',
    resets_at: '2026-11-23T12:00:00.000Z',
  });
  expect(classify({text: 'usage limit reached'})).not.toHaveProperty('resets_at');
});

test('an end without a word is explained by the last complaint', () => {
  expect(classifySilence('exit code 1', 'warning: x\nError: no such flag\n   at y\n', context)).toEqual({
    kind: 'failed',
    cause: 'agent',
    message: 'ended without a result (exit code 1): Error: no such flag',
  });
  expect(classifySilence('exit code 0', '', context)).toMatchObject({message: 'ended without a result (exit code 0)'});
  expect(classifySilence('exit code 1', 'Please log in again', context)).toMatchObject({kind: 'auth'});
});

test('a message is one short line', () => {
  const {message} = classify({text: `a\n${'x'.repeat(5000)}`});
  expect(message).toHaveLength(500);
  expect(message).toMatch(/^a x+…$/);
});

test.each([
  'litellm.RateLimitError: too many requests',
  'Error: 401 Unauthorized',
  '2026-01-01T10:00:00Z ERROR rate limited',
  '503 Service Unavailable',
  'HTTP/1.1 429 Too Many Requests',
  '[API Error: You have exhausted your daily quota]',
  'openai.RateLimitError: Error code: 429 - {"error": {}}',
  '{"error":{"type":"rate_limit_error"}}',
  'You\u2019ve hit your usage limit.',
  'Your credit balance is too low',
  'API rate limit exceeded',
  'exceeded retry limit, last status: 429 Too Many Requests',
  'unexpected status 401 Unauthorized',
  'Not logged in · Please run /login',
])('a complaint: %s', line => {
  expect(isComplaint(line)).toBe(true);
});

test.each([
  'I added a rate limit of 5 requests a minute.',
  'The authentication tests still fail: see above.',
  '- quota handling is implemented',
  ' FAIL  limits.test.js > answers 429 when the rate limit is hit',
  'not ok 3 - rate limit resets',
  'AssertionError: expected 200 to be 429',
  'Error: expected status 429, got 200',
  'src/quota.js:13:7',
])('no complaint, but work about it: %s', line => {
  expect(isComplaint(line)).toBe(false);
});
