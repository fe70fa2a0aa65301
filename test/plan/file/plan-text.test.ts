import fc from 'fast-check';
import {expect, test} from 'vitest';
import {planText} from '../../../src/plan/file/plan-text.ts';
import {readPlanText} from '../../../src/plan/file/read-plan-text.ts';
import type {Plan} from '../../../src/plan/plan.ts';

const WORDS = [
  'yes',
  'null',
  '007',
  '1e3',
  '- a',
  'a: b',
  '# a',
  '"',
  "'",
  '*a',
  '&a',
  '|',
  '>',
  '%',
  '~',
  '\t',
  ' a ',
];
const LINES = [
  'a\nb',
  'a\n\n  b\n',
  '\na',
  'a \nb',
  '\u2028',
  '\x85',
  'ü',
  '\u{1f680}',
  'a'.repeat(200),
  'word '.repeat(60),
];
const text = fc.oneof(
  fc.constantFrom(...WORDS, ...LINES),
  fc.string({minLength: 1}).filter(value => !value.includes('\0')),
);

const plan: fc.Arbitrary<Plan> = fc
  .record({
    title: text,
    description: text,
    success_criteria: fc.array(text),
    requires: fc.uniqueArray(fc.constantFrom('one', 'two')),
    // The name of the prototype is no key of any map that is read.
    env: fc.dictionary(
      fc.stringMatching(/^[^=\0]+$/).filter(name => name !== '__proto__'),
      text,
    ),
    details: fc.array(fc.record({title: text, description: text, prompt: text}), {minLength: 1, maxLength: 4}),
  })
  .map(({env, details, ...head}) => ({
    id: 'release',
    ...head,
    settings: {max_parallel: 2, env},
    tasks: details.map((task, place) => ({id: `t${place}`, ...task, budget: {usd: 0.5}, touches: ['src/**']})),
  }));

test('a plan that is written as text is read as the same plan', () => {
  fc.assert(
    fc.property(plan, written => {
      const {plan: read, problems} = readPlanText(planText(written), 'release.yaml');
      expect(problems.filter(({severity}) => severity === 'error')).toEqual([]);
      expect(read).toEqual(written);
    }),
  );
});

test('what a plan does not say is not written', () => {
  const [task] = [{id: 'a', title: 'A', run: 'true'}];
  const text = planText({
    id: 'release',
    title: 'R',
    requires: [],
    settings: {},
    tasks: [task as Plan['tasks'][number]],
  });
  expect(text).toBe('id: release\ntitle: R\ntasks:\n  - id: a\n    title: A\n    run: "true"\n');
});
