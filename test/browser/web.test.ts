// The live pages in a real browser, before, during and after a run.

import type {Browser} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {hardToUse, launchBrowser, openWeb, overTheEdge, tabTo} from './pages.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

async function doneRig(): Promise<MilestoneRig> {
  const words = 'Build it';
  const rig = await MilestoneRig.create();
  rig.write('say', words);
  rig.commit('What is said');
  await rig.writeMilestone(
    'm',
    [
      {id: 'a', title: words, run: 'cp say made; cat say', verify: 'test -f made'},
      {id: 'b', title: words, run: 'cat say; exit 3', retries: 1},
      {id: 'c', title: words, run: 'true', dependencies: ['a']},
    ],
    {title: words},
  );
  await rig.milestone('execute', 'm');
  return rig;
}

describe.each([390, 1_440])('at %i pixels', width => {
  test.each(['light', 'dark'] as const)(
    'in the %s every page is whole and nothing goes over the edge',
    async scheme => {
      await using rig = await doneRig();
      const {page, origin, noise} = await openWeb(browser, rig, {width, colorScheme: scheme});
      expect(page.url()).toBe(`${origin}/`);
      const headings: Record<string, string[]> = {
        '/': [],
        '/m/m': ['Needs you', 'Failed', 'Timeline', 'Dependencies', 'Tasks', 'Cost', 'Events'],
        '/m/m/t/a': ['Attempts', 'Attempt 1', 'Output', 'Checks', 'Diff'],
        '/m/m/t/b': ['Needs you', 'Attempts', 'Attempt 2', 'Output'],
      };
      for (const [place, wanted] of Object.entries(headings)) {
        await page.goto(`${origin}${place}`);
        for (const heading of wanted) await page.getByRole('heading', {name: heading, exact: true}).waitFor();
        await page.locator('h1').waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth'), place).toBe(width);
        expect(await overTheEdge(page), place).toEqual([]);
        expect(await hardToUse(page), place).toEqual([]);
        expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
          scheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(21, 24, 29)',
        );
      }
      expect(noise).toEqual([]);
      await page.context().close();
    },
  );
});

test('the token leaves the address, and another browser is told nothing without it', async () => {
  await using rig = await doneRig();
  const {page, origin} = await openWeb(browser, rig);
  expect(page.url()).toBe(`${origin}/`);
  expect(await page.evaluate('document.cookie')).toBe('');
  await page.reload();
  await page.locator('a[href="/m/m"]').waitFor();
  const stranger = await browser.newContext();
  const other = await stranger.newPage();
  await other.goto(`${origin}/m/m`);
  expect(await other.locator('main').innerText()).toContain('open the address that `milestone web` has printed');
  await stranger.close();
  await page.context().close();
});

test('a run is seen live, over the death of its executor', async () => {
  await using rig = await MilestoneRig.create();
  const [first, second] = [await rig.command('first'), await rig.command('second')];
  await rig.writeMilestone('m', [
    {id: 'a', run: first.shell},
    {id: 'b', run: second.shell, dependencies: ['a']},
  ]);
  const {page, origin, noise} = await openWeb(browser, rig);
  await page.goto(`${origin}/m/m`);
  const status = (task: string) => page.locator('tbody tr', {has: page.locator(`a[href="/m/m/t/${task}"]`)});
  await status('a').getByText('pending').waitFor();
  const executor = rig.milestone('execute', 'm');
  const run = await first.nextRun();
  await status('a').getByText('running').waitFor();
  // What it prints appears as it is printed.
  const log = await page.context().newPage();
  await log.goto(`${origin}/m/m/t/a`);
  await run.write('\u001b[31mred\u001b[0m <b>one</b>\n');
  await log.locator('.log .ansi-red', {hasText: 'red'}).waitFor();
  await run.write('two\n');
  await log.locator('.log', {hasText: 'two'}).waitFor();
  expect(await log.locator('.log').innerText()).toContain('red <b>one</b>\ntwo');
  executor.kill('SIGKILL');
  await executor;
  const resumed = rig.milestone('resume', 'm');
  await (await first.nextRun()).exit();
  await status('a').getByText('done, unchecked').waitFor();
  await (await second.nextRun()).exit();
  await resumed;
  await page.locator('.mark.completed').waitFor();
  await page.locator('.events li', {hasText: 'session_ended'}).first().waitFor();
  expect(noise).toEqual([]);
  await page.context().close();
});

test('with the keyboard alone one gets to a task, its output, and back', async () => {
  await using rig = await doneRig();
  const {page} = await openWeb(browser, rig);
  await page.locator('a[href="/m/m"]').waitFor();
  await tabTo(page, 'a[href="/m/m"]');
  await page.keyboard.press('Enter');
  await page.locator('a[href="/m/m/t/a"]').first().waitFor();
  await tabTo(page, 'a[href="/m/m/t/a"]');
  expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  await page.keyboard.press('Enter');
  await page.locator('.log').waitFor();
  await tabTo(page, '.log');
  await tabTo(page, '.patch');
  await page.locator('a[href="/m/m"]').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', {name: 'Events'}).waitFor();
  await page.context().close();
});
