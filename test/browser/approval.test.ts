// What a person decides on the pages, in a real browser: approvals with what is approved, questions, failures, rests.

import type {Browser, Page} from 'playwright-core';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {documentPath, freeTask, kiroTask} from '../cli/kiro-plan.ts';
import {eventsOf} from '../cli/support.ts';
import {claude, works} from '../rig/agent-scripts.ts';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {hardToUse, LOOKS, launchBrowser, openWeb, overTheEdge, tabTo} from './pages.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const DOCUMENT = `# Login

Answers **POST /login**, see [the words](https://example.org/rfc) &amp; \`code\`.

#### Decided

1. Cookies
2. Tokens live for ATTEMPT0 minutes
   - refreshed

- [x] reviewed

| route | answers |
|---|---|
| /login | 200 |

> quoted

\`\`\`ts
const x = '<b>';
\`\`\`

<!-- not hidden -->
`;

/** The design of a task waits for two roles; its document has been sent back once. */
async function askedTwice(): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create();
  rig.write('design.md', DOCUMENT);
  rig.commit('The design');
  const run = `sed "s/ATTEMPT/$MILESTONE_ATTEMPT/" design.md > "$MILESTONE_DELIVERABLES/architecture.md"
    echo 'openapi: 3.0.0' > "$MILESTONE_DELIVERABLES/api-spec.yaml"`;
  const gate = {required: true, approvers: ['architect', 'security'], criteria: ['contracts agreed']};
  await rig.writeMilestone('m', [kiroTask('login', {design: {run, verify: 'test -f design.md'}}), freeTask('b')], {
    kiro_configuration: {approval_gates: {design_to_spec: gate}},
  });
  await rig.milestone('execute');
  await rig.milestone('reject', 'm', 'login', '--role', 'architect', '-m', 'shorter', '--yes');
  await rig.milestone('resume', 'm');
  return rig;
}

const PLACE = '/m/m/t/login/approvals/design';

test('an approval shows all that is approved, on a telephone and on a screen, in the light and in the dark', async () => {
  await using rig = await askedTwice();
  for (const [width, colorScheme] of LOOKS) {
    const {page, origin, noise} = await openWeb(browser, rig, {width, colorScheme, flags: ['--decide']});
    await page.goto(`${origin}${PLACE}`);
    await page.getByRole('button', {name: /^Approve/}).waitFor();
    const text = await page.locator('main').innerText();
    for (const part of ['waits for approval', 'contracts agreed', '✔ passed', 'test -f design.md', 'architect'])
      expect(text).toContain(part);
    // As it reads, and beside it as it is.
    const read = page.getByRole('region', {name: 'architecture.md, as it reads'});
    const raw = page.getByRole('region', {name: 'architecture.md, its text'});
    expect(await raw.innerText()).toContain('**POST /login**, see [the words](https://example.org/rfc) &amp; `code`.');
    expect(await read.innerText()).toContain('Answers POST /login, see the words https://example.org/rfc & code.');
    expect(await read.innerText()).toContain('<!-- not hidden -->');
    expect(await read.locator('ol > li').count()).toBe(2);
    expect(await read.locator('tbody td').allInnerTexts()).toEqual(['/login', '200']);
    expect(await read.getByText('☑ reviewed').count()).toBe(1);
    const [left, right] = [await read.boundingBox(), await raw.boundingBox()];
    expect(left?.y === right?.y).toBe(width > 900);
    // What has changed since it was sent back, and nothing else.
    const changes = page.getByRole('region', {name: 'What has changed in architecture.md'});
    expect((await changes.locator('.add, .del').allInnerTexts()).map(line => line.trim())).toEqual([
      '-2. Tokens live for 10 minutes',
      '+2. Tokens live for 20 minutes',
    ]);
    expect(text).toContain('unchanged since it was last decided on');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await overTheEdge(page)).toEqual([]);
    expect(await hardToUse(page)).toEqual([]);
    expect(noise).toEqual([]);
    await page.context().close();
  }
});

test('with the keyboard alone both roles approve, each for itself, and it is through', async () => {
  await using rig = await askedTwice();
  const {page, origin, noise} = await openWeb(browser, rig, {flags: ['--decide']});
  await page.goto(`${origin}${PLACE}`);
  await page.getByRole('button', {name: /^Approve/}).waitFor();
  await tabTo(page, 'select');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await page.keyboard.type('no secrets in it');
  await tabTo(page, 'button.approve');
  await page.keyboard.press('Enter');
  const approvers = page.locator('.approvers li');
  await approvers.filter({hasText: 'security'}).getByText('approved').waitFor();
  expect(await approvers.filter({hasText: 'security'}).innerText()).toContain('no secrets in it');
  await page.locator('select').waitFor({state: 'detached'});
  await tabTo(page, 'button.approve');
  await page.keyboard.press('Space');
  await page.locator('.mark.granted').waitFor();
  expect(await page.getByRole('button').count()).toBe(0);
  expect(eventsOf(rig, 'm', 'kiro_approval_granted').map(({details}) => [details.role, details.by])).toEqual([
    ['security', 'person'],
    ['architect', 'person'],
  ]);
  expect(noise).toEqual([]);
  await page.context().close();
});

test('a rejection needs a reason, and the next attempt is told it', async () => {
  await using rig = await askedTwice();
  const {page, origin} = await openWeb(browser, rig, {flags: ['--decide']});
  await page.goto(`${origin}${PLACE}`);
  await page.getByRole('button', {name: /^Reject/}).click();
  await page.getByText('Reject needs a reason: write it first').waitFor();
  expect(await page.evaluate('document.activeElement.tagName')).toBe('TEXTAREA');
  expect(eventsOf(rig, 'm', 'kiro_approval_rejected')).toHaveLength(1);
  await page.keyboard.type('still too long');
  await page.getByRole('button', {name: /^Reject/}).click();
  await page.locator('.mark.rejected').first().waitFor();
  expect(await page.locator('.approvers').innerText()).toContain('still too long');
  expect(eventsOf(rig, 'm', 'kiro_approval_rejected').at(-1)?.details).toMatchObject({comment: 'still too long'});
  await page.context().close();
});

test('what changes under the eyes of a reader is said so, and what he has not seen he does not approve', async () => {
  await using rig = await askedTwice();
  const {page, origin} = await openWeb(browser, rig, {flags: ['--decide']});
  await page.goto(`${origin}${PLACE}`);
  await page.getByRole('button', {name: /^Approve/}).waitFor();
  const raw = page.getByRole('region', {name: 'architecture.md, its text'});
  rig.write(documentPath('m', 'login', 'design', 'architecture.md'), 'Something else.\n');
  await page.getByRole('button', {name: /^Approve/}).click();
  await page.getByText('is not what was shown').waitFor();
  expect(eventsOf(rig, 'm', 'kiro_approval_granted')).toEqual([]);
  expect(await raw.innerText()).toContain('# Login');
  await page.getByRole('button', {name: 'Show it as it is now'}).click();
  await page.getByText('changed since it was handed in').waitFor();
  expect(await raw.innerText()).toBe('Something else.\n');
  await page.getByRole('button', {name: /^Approve/}).click();
  await page.locator('.approvers').getByText('approved').waitFor();
  await page.context().close();
});

test('who may only read is shown the same without a decision, and what to type', async () => {
  await using rig = await askedTwice();
  const {page, origin} = await openWeb(browser, rig);
  await page.goto(`${origin}${PLACE}`);
  await page.getByText('milestone approve m login design').waitFor();
  await page.goto(`${origin}/m/m`);
  await page.getByRole('heading', {name: 'Needs you'}).waitFor();
  expect(await page.locator('.decide button, textarea').count()).toBe(0);
  await page.context().close();
});

test('beside what needs a person stands the decision: approve, retry, skip, resume, pause', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone('m', [
    kiroTask('a'),
    {id: 'b', run: 'exit 1', retries: 0},
    {id: 'c', run: 'test -f ok', retries: 0},
    {id: 'd', run: work.shell},
  ]);
  const executor = rig.milestone('execute');
  const run = await work.nextRun();
  const {page, origin, noise} = await openWeb(browser, rig, {flags: ['--decide']});
  await page.goto(`${origin}/m/m`);
  await page.getByText('Read the design of a and decide').click();
  await page.getByRole('button', {name: 'Approve the design of a'}).click();
  await page.locator('.needs', {hasText: 'the design of task'}).waitFor({state: 'detached'});
  expect(eventsOf(rig, 'm', 'kiro_approval_granted')).toHaveLength(1);
  await page.getByRole('button', {name: 'Pause m'}).click();
  await page.locator('header .mark.paused').waitFor();
  await run.exit();
  await executor;
  expect(eventsOf(rig, 'm', 'session_ended').at(-1)?.details).toMatchObject({exit: 6});
  for (const task of ['b', 'c']) {
    await page.getByRole('button', {name: `Retry ${task}`}).click();
    await page.getByRole('button', {name: `Retry ${task}`}).waitFor({state: 'detached'});
  }
  expect(eventsOf(rig, 'm', 'task_reset').map(({details}) => details.task_id)).toEqual(['b', 'c']);
  await rig.milestone('resume', 'm');
  await page.goto(`${origin}/m/m/t/b`);
  await page.getByRole('button', {name: 'Skip b'}).click();
  await page.locator('.mark.skipped').waitFor();
  expect(noise).toEqual([]);
  await page.context().close();
});

test('what an agent asks is answered where it is read, and its next attempt is told', async () => {
  await using rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  const question = 'Which port: `80` or <b>8080</b>?';
  agents.script('claude', 'a.1', [claude.init, claude.done({status: 'blocked', summary: 'Asks.', question})]);
  agents.script('claude', 'a.2', works('claude', {'a.txt': 'done'}));
  await rig.writeMilestone('m', [{id: 'a'}], {settings: {driver: 'claude'}});
  expect(await rig.milestone('execute')).toMatchObject({exitCode: 6});
  const {page, origin, noise} = await openWeb(browser, rig, {flags: ['--decide']});
  await page.goto(`${origin}/m/m`);
  const needs = page.locator('.needs');
  await needs.getByText('<b>8080</b>').waitFor();
  await needs.getByRole('textbox').fill('80, please');
  await needs.getByRole('button', {name: 'Answer a'}).click();
  await needs.getByRole('textbox').waitFor({state: 'detached'});
  expect(eventsOf(rig, 'm', 'blocker_answered')[0]?.details).toMatchObject({answer: '80, please'});
  await rig.milestone('resume', 'm');
  await page.goto(`${origin}/m/m/t/a`);
  await page.locator('.answers').getByText('80, please').waitFor();
  // What each attempt was told.
  await page.getByText('What it was told').click();
  await page.locator('.scrolled.prompt', {hasText: '80, please'}).waitFor();
  await page.getByRole('button', {name: 'Attempt 1'}).click();
  await page.getByRole('heading', {name: 'Attempt 1'}).waitFor();
  await page.getByText('What it was told').click();
  await page.locator('.scrolled.prompt pre').waitFor();
  expect(await page.locator('.scrolled.prompt').innerText()).not.toContain('80, please');
  expect(agents.runs('claude')[0]?.stdin).toBe(await promptShown(page));
  expect(noise).toEqual([]);
  await page.context().close();
});

function promptShown(page: Page): Promise<string | null> {
  return page.locator('.scrolled.prompt pre').textContent();
}
