import fc from 'fast-check';
import {expect, test} from 'vitest';
import {findObject, judgeAnswer, RESULT_SCHEMA, readResult} from '../../src/drivers/result.ts';

const judge = (text: string, structured?: unknown) => judgeAnswer({text, structured}, RESULT_SCHEMA, []);

test('done is a claim with summary and assumptions', () => {
  const structured = {status: 'done', summary: 'Added it.', assumptions: ['cookies last a day'], question: null};
  expect(judge('', structured)).toEqual({
    kind: 'claimed',
    claim: {summary: 'Added it.', assumptions: ['cookies last a day']},
  });
});

test('blocked with a question asks it; without one, or failed, it is a failure of the agent', () => {
  const answer = {summary: 'No way.', assumptions: []};
  expect(judge('', {...answer, status: 'blocked', question: 'Which one?'})).toEqual({
    kind: 'ended',
    outcome: {kind: 'question', message: 'Which one?'},
  });
  for (const structured of [
    {...answer, status: 'blocked', question: ''},
    {...answer, status: 'failed', question: 'Which one?'},
  ])
    expect(judge('', structured)).toEqual({
      kind: 'ended',
      outcome: {kind: 'failed', cause: 'agent', message: 'No way.'},
    });
});

test('who asks or gives up need not sum up what he did', () => {
  const outcomeOf = (structured: object) => judge('', structured);
  expect(outcomeOf({status: 'blocked', summary: '', question: 'Which one?'})).toMatchObject({
    outcome: {kind: 'question', message: 'Which one?'},
  });
  expect(outcomeOf({status: 'blocked', question: 'Which one?'})).toMatchObject({outcome: {kind: 'question'}});
  expect(outcomeOf({status: 'failed', summary: null})).toMatchObject({
    outcome: {kind: 'failed', cause: 'agent', message: 'it says that it is failed, and not why'},
  });
});

test('without a result, or with a broken one, it is a claim to be taken with care', () => {
  expect(judge('All done.')).toEqual({
    kind: 'claimed',
    claim: {summary: 'All done.', warning: 'it ended without a structured result'},
  });
  expect(judge('', {status: 'great'})).toEqual({
    kind: 'claimed',
    claim: {warning: 'its structured result does not fit'},
  });
});

test('denials go with a claim', () => {
  const denials = [{tool: 'Bash', input: 'rm x', allow: 'Bash(rm:*)'}];
  expect(judgeAnswer({text: ''}, RESULT_SCHEMA, denials)).toMatchObject({claim: {denials}});
});

test('an answer to another schema is a claim with the answer as its summary', () => {
  const text = 'I looked.\n{"verdict": "rejected", "findings": ["no test"]}';
  expect(judgeAnswer({text}, {type: 'object'}, [])).toEqual({
    kind: 'claimed',
    claim: {summary: '{"verdict":"rejected","findings":["no test"]}'},
  });
});

test('what is missing or of another kind in a result is left out', () => {
  expect(readResult({status: 'done', summary: 'x', assumptions: ['a', 3, ''], question: 7})).toEqual({
    status: 'done',
    summary: 'x',
    assumptions: ['a'],
  });
  expect(readResult({status: 'done', summary: 'x'})).toEqual({status: 'done', summary: 'x', assumptions: []});
  expect([readResult(undefined), readResult([]), readResult({status: 'done'})]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('the object of a text is the one at its end, else in its last fence', () => {
  expect(findObject('so:\n{"a": {"b": 1}}\n')).toEqual({a: {b: 1}});
  expect(findObject('```json\n{"a": 1}\n```\nthen\n```json\n{"a": 2}\n```\nThat is all.')).toEqual({a: 2});
  expect(findObject('```json\n{"a": "```js```"}\n```')).toEqual({a: '```js```'});
  expect(findObject('a {b} and {"c": 3}')).toEqual({c: 3});
  expect(findObject('nothing here }')).toBeUndefined();
  expect(findObject(`${'{'.repeat(100_000)}}`)).toBeUndefined();
});

test('whatever object stands at the end of whatever text is found', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(fc.string(), object, (before, value) => {
      const text = before.replaceAll('{', '');
      const json = JSON.stringify(value);
      expect(findObject(`${text}\n${json}`)).toEqual(JSON.parse(json));
    }),
  );
});
