// The page of one milestone, small and large, as its server sends it and as it goes on.

import type {Browser} from 'playwright-core';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {launchBrowser, openWeb} from './pages.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

test('a page is whole before a script runs, and goes on from there', async () => {
  await using rig = await MilestoneRig.create({git: false});
  await rig.writeMilestone('m', [{id: 'a', run: 'true'}]);
  const {page, origin, noise} = await openWeb(browser, rig);
  for (const [place, words] of [
    ['/', 'Milestones'],
    ['/m/m', 'Dependencies'],
    ['/m/m/t/a', 'not begun'],
  ] as const) {
    const {text, asked} = await withoutScript(page.context(), origin, place);
    expect(text, place).toContain(words);
    expect(asked).toEqual([place, '/page.css']);
  }
  // It asks nothing again that it was given.
  const asked: string[] = [];
  page.on('request', request => asked.push(new URL(request.url()).pathname));
  await page.goto(`${origin}/m/m`);
  await page.getByText('● live').waitFor();
  expect(asked).not.toContain('/api/session');
  expect(noise).toEqual([]);
  await page.context().close();
});

async function withoutScript(known: import('playwright-core').BrowserContext, origin: string, place: string) {
  const context = await browser.newContext({javaScriptEnabled: false});
  await context.addCookies(await known.cookies());
  const page = await context.newPage();
  const asked: string[] = [];
  page.on('request', request => asked.push(new URL(request.url()).pathname));
  await page.goto(`${origin}${place}`);
  const text = await page.locator('main').innerText();
  await context.close();
  return {text, asked};
}
