// The drawings of a milestone's page, explored: enlarged and moved, pointed at, walked through, folded and unfolded.

import type {Browser, Page} from 'playwright-core';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {launchBrowser, openWeb, tabTo} from './pages.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const FRAME = 'section[aria-label="Timeline, drawn"]';

function widthOf(page: Page): Promise<number> {
  return page.evaluate(`document.querySelector('.timeline').getBoundingClientRect().width`);
}

/** Until the timeline is so many times as wide as it was. */
function untilWider(page: Page, before: number, times: number): Promise<unknown> {
  return page.waitForFunction(
    `Math.abs(document.querySelector('.timeline').getBoundingClientRect().width / ${before} - ${times}) < 0.02`,
  );
}

test('a timeline is enlarged by buttons, keys and wheel, and moved by the mouse', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [
    {id: 'a', run: 'true'},
    {id: 'b', run: 'exit 3', retries: 1, dependencies: ['a']},
  ]);
  await rig.milestone('execute', 'm');
  const {page, origin, noise} = await openWeb(browser, rig);
  await page.goto(`${origin}/m/m`);
  const whole = await widthOf(page);
  await page.getByRole('button', {name: 'Timeline, drawn: larger'}).click();
  await untilWider(page, whole, 1.5);
  await page.locator(FRAME).focus();
  await page.keyboard.press('+');
  await untilWider(page, whole, 2.25);
  await page.keyboard.press('0');
  await untilWider(page, whole, 1);
  await page.locator(FRAME).hover();
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -240);
  await page.keyboard.up('Control');
  await untilWider(page, whole, 2.25);
  // What the mouse points at has stayed under it; dragged to the right, what is left of it comes into sight.
  const left = () => page.evaluate(`document.querySelector('${FRAME}').scrollLeft`) as Promise<number>;
  const before = await left();
  expect(before).toBeGreaterThan(0);
  await page.mouse.down();
  await page.mouse.move(900, 10, {steps: 4});
  await page.mouse.up();
  expect(await left()).toBeLessThan(before);
  expect(page.url()).toBe(`${origin}/m/m`);
  expect(noise).toEqual([]);
  await page.context().close();
});

test('a graph says what a task holds up, for whoever points at it and whoever walks to it', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [
    {id: 'a', run: 'true'},
    {id: 'b', run: 'true', dependencies: ['a']},
    {id: 'c', run: 'true', dependencies: ['b']},
    {id: 'd', run: 'true'},
  ]);
  const {page, origin, noise} = await openWeb(browser, rig);
  await page.goto(`${origin}/m/m`);
  await page.locator('#graph-a').hover();
  await page.getByText('holds up 2: b, c').waitFor();
  expect(await page.locator('.node.after').count()).toBe(2);
  await page.mouse.move(0, 0);
  await page.locator('.node.after').first().waitFor({state: 'detached'});
  await tabTo(page, '#graph-a');
  await page.keyboard.press('ArrowRight');
  await page.getByText('holds up 1: c; waits for 1: a').waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(`${origin}/m/m/t/b`);
  expect(noise).toEqual([]);
  await page.context().close();
});

test('many tasks are folded by layers, unfold, and are found by name', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const ids = Array.from({length: 300}, (_, place) => `t${place}`);
  await rig.writeMilestone(
    'm',
    ids.map((id, place) => ({id, run: 'true', dependencies: place < 100 ? [] : [ids[place - 100] as string]})),
  );
  const {page, origin, noise} = await openWeb(browser, rig);
  await page.goto(`${origin}/m/m`);
  expect(await page.locator('.layer').count()).toBe(3);
  expect(await page.locator('.chip').count()).toBe(0);
  await page.locator('.layer summary').first().click();
  await page.locator('.chip').nth(99).waitFor();
  await page.locator('.chip').first().hover();
  await page.getByText('holds up 2: t100, t200').waitFor();
  expect(await page.locator('.held').allTextContents()).toEqual(['1 held up', '1 held up']);
  await page.getByRole('button', {name: 'unfold all'}).click();
  await page.locator('.chip').nth(299).waitFor();
  await page.getByRole('button', {name: 'fold all', exact: true}).click();
  await page.locator('.chip').first().waitFor({state: 'detached'});
  await page.getByRole('searchbox').fill('t299');
  await page.getByText('1 of 300 tasks').waitFor();
  expect(await page.locator('#tasks tbody tr').count()).toBe(1);
  expect(noise).toEqual([]);
  await page.context().close();
});
