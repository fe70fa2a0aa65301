// The page of one task in a real browser: which attempt, what it was told, printed, checked and changed, its documents.

import fs from 'node:fs';
import type {Browser} from 'playwright-core';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {documentPath, freeTask} from '../cli/kiro-plan.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {hardToUse, LOOKS, launchBrowser, openWeb, overTheEdge, tabTo} from './pages.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

test('with the keyboard alone one chooses an attempt, and sees what it was told, printed, checked and changed', async () => {
  await using rig = await MilestoneRig.create();
  const run = 'echo "try $MILESTONE_ATTEMPT" | tee made; mkdir -p deep; echo x > deep/other';
  await rig.writeMilestone('m', [{id: 'a', title: 'Try it', run, verify: 'echo looked; grep 3 made', retries: 2}]);
  await rig.milestone('execute', 'm');
  const {page, origin, noise} = await openWeb(browser, rig);
  await page.goto(`${origin}/m/m/t/a`);
  await page.locator('.log', {hasText: 'try 3'}).waitFor();
  await page.locator('.patch', {hasText: '+try 3'}).waitFor();
  expect(await page.locator('.checks').innerText()).toContain('✔ passed echo looked; grep 3 made');
  await tabTo(page, 'button[aria-label="Attempt 1"]');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', {name: 'Attempt 1'}).waitFor();
  await page.locator('.log', {hasText: 'try 1'}).waitFor();
  expect(await page.locator('button[aria-pressed=true]').innerText()).toBe('1');
  expect(new URL(page.url()).search).toBe('?attempt=1');
  // What was kept of it, by itself.
  await page.locator('.patch', {hasText: '+try 1'}).waitFor();
  expect(await page.locator('.checks').innerText()).toMatch(/✘ failed echo looked; grep 3 made exit 1, /);
  expect(await page.locator('.checks pre').innerText()).toContain('looked');
  expect(await page.locator('details.changed summary code').allInnerTexts()).toEqual(['deep/other', 'made']);
  await tabTo(page, 'details.prompt summary');
  await page.keyboard.press('Enter');
  await page.locator('.scrolled.prompt', {hasText: run}).waitFor();
  // The address says which.
  await page.reload();
  await page.getByRole('heading', {name: 'Attempt 1'}).waitFor();
  await page.locator('.log', {hasText: 'try 1'}).waitFor();
  expect(noise).toEqual([]);
  await page.context().close();
});

test('of a log of a gigabyte the end is shown, and any part of it by ranges', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [{id: 'a', run: 'echo the beginning'}]);
  await rig.milestone('execute', 'm');
  const file = rig.path('.milestones/logs/m/a.1.log');
  // Most of it are no bytes at all.
  fs.truncateSync(file, 1024 ** 3);
  fs.appendFileSync(file, '\nbefore the end\n\u001b[32mthe end\u001b[0m\n');
  const {page, origin, noise} = await openWeb(browser, rig);
  const answers: number[] = [];
  page.on('response', response => {
    if (response.url().includes('/log?')) answers.push(Number(response.headers()['content-length'] ?? 0));
  });
  await page.goto(`${origin}/m/m/t/a`);
  await page.locator('.log .ansi-green', {hasText: 'the end'}).waitFor();
  expect(await page.locator('.attempt').innerText()).toContain('1.0 GiB; shown is 1.0 GiB to 1.0 GiB');
  await page.getByRole('button', {name: 'earlier'}).click();
  await page.getByRole('button', {name: 'first'}).click();
  await page.locator('.log', {hasText: 'the beginning'}).waitFor();
  expect(await page.locator('.log').innerText()).not.toContain('the end');
  await page.getByRole('button', {name: 'later'}).click();
  await page.getByText('shown is 0 B to 512.0 KiB').waitFor();
  await page.getByRole('button', {name: 'last'}).click();
  await page.locator('.log .ansi-green', {hasText: 'the end'}).waitFor();
  expect(Math.max(...answers)).toBeLessThanOrEqual(256 * 1024);
  expect(noise).toEqual([]);
  await page.context().close();
});

test('the documents of its phases are there to be read, as they are now', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [freeTask('a', {execute: {run: 'echo done > done.txt', verify: 'test -f done.txt'}})]);
  await rig.milestone('execute', 'm');
  rig.write(documentPath('m', 'a', 'design', 'architecture.md'), '# Changed\n\n**by** hand\n');
  for (const [width, colorScheme] of LOOKS) {
    const {page, origin, noise} = await openWeb(browser, rig, {width, colorScheme});
    await page.goto(`${origin}/m/m/t/a`);
    await page.locator('details.phase summary', {hasText: 'design'}).click();
    const read = page.getByRole('region', {name: 'architecture.md, as it reads'});
    await read.getByRole('heading', {name: 'Changed'}).waitFor();
    expect(await read.locator('strong').innerText()).toBe('by');
    expect(await page.getByText('changed since it was handed in').count()).toBe(1);
    await page.locator('details.phase summary', {hasText: 'execute'}).click();
    await page.getByRole('region', {name: 'test-results.md, as it reads'}).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await overTheEdge(page)).toEqual([]);
    expect(await hardToUse(page)).toEqual([]);
    expect(noise).toEqual([]);
    await page.context().close();
  }
});
