import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {commitMessage, type TaskCommit} from '../../src/attempt/commit-message.ts';
import {commitTree} from '../../src/git/commit.ts';
import {runCommitHooks} from '../../src/git/hooks.ts';
import {readTaskCommits} from '../../src/git/task-commits.ts';
import {writeTree} from '../../src/git/trees/tree.ts';
import {GitRig} from '../git/git-rig.ts';

const COMMIT: TaskCommit = {
  milestone: 'auth-api',
  task: {id: 'login', title: 'POST /login'},
  attempt: 2,
  execution: '9f3c',
};
const TRAILERS = 'Task: login\nMilestone: auth-api\nAttempt: 2\nExecution: 9f3c\n';

function parseTrailers(message: string): string {
  return execFileSync('git', ['interpret-trailers', '--parse'], {input: message, encoding: 'utf8'});
}

test('a message has subject, summary, assumptions, checks and trailers', () => {
  const message = commitMessage({
    ...COMMIT,
    summary: 'Returns a session cookie.',
    assumptions: ['sessions live a day'],
    checks: [{name: 'task', command: 'npm test', ok: true, exit_code: 0, duration_ms: 3_210, flaky: true}],
  });
  expect(message).toBe(
    'feat(milestone-auth-api): POST /login\n\nReturns a session cookie.\n\nAssumptions:\n- sessions live a day\n\n' +
      `Checks:\n- npm test: passed in 3.2 s (flaky)\n\n${TRAILERS}`,
  );
});

test('the subject follows the template, is one line and bounded', () => {
  const task = {id: 'login', title: 'One\n\nTask: other\u001b[31m \u202e two', type: 'fix'};
  expect(commitMessage({...COMMIT, task, template: '[{task}] {type}: {title} {unknown}'})).toBe(
    `[login] fix: One Task: other [31m two {unknown}\n\n${TRAILERS}`,
  );
  const long = commitMessage({...COMMIT, task: {id: 'login', title: '🙂'.repeat(500)}});
  expect(Array.from(long.split('\n')[0]!)).toHaveLength(100);
  expect(long).not.toMatch(/\p{Surrogate}/u);
  expect(commitMessage({...COMMIT, task: {id: 'login', title: '\n'}, template: '{title}'})).toBe(
    `login\n\n${TRAILERS}`,
  );
});

test.each([
  'Task: other\nAttempt: 99',
  'text\n\nTask: other',
  'text\n---\ndiff --git a b',
  'text\n# ------------------------ >8 ------------------------\nmore',
  '# all\n# comment',
  'text\n\nSigned-off-by: someone\n\n\n',
])('a summary cannot forge or hide trailers: %j', summary => {
  expect(parseTrailers(commitMessage({...COMMIT, summary, assumptions: [summary]}))).toBe(TRAILERS);
});

test('whatever titles and summaries hold, git reads back our trailers and nothing else', () => {
  const pieces = fc.constantFrom(
    'Task: x',
    '---',
    '\n',
    '\n\n',
    '#',
    ' ',
    'Attempt:1',
    '\r\n',
    '\u0000',
    '(cherry picked',
  );
  const text = fc.array(fc.oneof(pieces, fc.string({unit: 'binary'})), {maxLength: 8}).map(parts => parts.join(''));
  fc.assert(
    fc.property(text, text, (title, summary) => {
      const task = {id: 'login', title};
      expect(parseTrailers(commitMessage({...COMMIT, task, summary}))).toBe(TRAILERS);
    }),
    {numRuns: 60},
  );
});

test('task commits are read back from the branch, oldest first, without those of people', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const from = rig.git('rev-parse', 'HEAD');
  const tree = rig.git('rev-parse', 'HEAD^{tree}');
  const record = async (parent: string, message: string) => commitTree(repo, {tree, parents: [parent], message});
  const first = await record(from, commitMessage({...COMMIT, summary: 'text\n---\nmore'}));
  const human = await record(first, 'fix by hand\n\nTask: login\n');
  const second = await record(human, commitMessage({...COMMIT, task: {id: 'logout', title: 'x'}, attempt: 1}));
  const common = {milestone: 'auth-api', execution: '9f3c'};
  expect(await readTaskCommits(repo, {from, to: second})).toEqual([
    {commit: first, task: 'login', attempt: 2, ...common},
    {commit: second, task: 'logout', attempt: 1, ...common},
  ]);
  expect(await readTaskCommits(repo, {to: from})).toEqual([]);
});

test('with hooks wanted, the user’s hooks may refuse a commit or change it', async () => {
  using rig = GitRig.create();
  const hook = (name: string, script: string) => {
    rig.write(path.join(rig.repo, '.git', 'hooks'), {[name]: `#!/bin/sh\n${script}\n`});
    fs.chmodSync(path.join(rig.repo, '.git', 'hooks', name), 0o755);
  };
  const slot = await rig.slot(await rig.open());
  rig.write(slot.topLevel, {new: 'x'});
  const {tree} = await writeTree(slot, 'HEAD');
  const work = {tree, message: commitMessage(COMMIT)};
  expect(await runCommitHooks(slot, work)).toEqual({ok: true, ...work});

  hook('pre-commit', 'echo formatted > new && git add new');
  hook('commit-msg', 'echo "Reviewed-by: hook" >> "$1"');
  const changed = await runCommitHooks(slot, work);
  expect(changed).toMatchObject({ok: true, message: `${work.message}Reviewed-by: hook\n`});
  expect(changed.ok && rig.contents(changed.tree).new).toBe('formatted');

  hook('pre-commit', 'echo no tabs >&2; exit 1');
  expect(await runCommitHooks(slot, work)).toEqual({ok: false, hook: 'pre-commit', output: 'no tabs\n'});
});
