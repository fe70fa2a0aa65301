// The page of one milestone, small and large, as its server sends it and as it goes on.

import type {Browser} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {hardToUse, launchBrowser, openWeb, overTheEdge} from './pages.ts';

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

/** As many tasks as one likes, in layers of `width`, each task waiting for two of the layer before. */
async function layersRig(count: number, width: number): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create({git: false});
  const ids = Array.from({length: count}, (_, place) => `t${place}`);
  await rig.writeMilestone(
    'm',
    ids.map((id, place) => {
      const first = (Math.floor(place / width) - 1) * width;
      const waitsFor = first < 0 ? [] : [ids[first + (place % width)], ids[first + ((place + 1) % width)]];
      return {id, run: 'true', dependencies: [...new Set(waitsFor)] as string[]};
    }),
  );
  return rig;
}

describe.each([390, 1_440])('at %i pixels', width => {
  test.each([
    [0, 'light'],
    [5, 'dark'],
    [300, 'light'],
    [2_000, 'dark'],
  ] as const)('%i tasks, in the %s: all of it is there, nothing goes over the edge', async (count, colorScheme) => {
    await using rig = await layersRig(count, 40);
    const {page, origin, noise} = await openWeb(browser, rig, {width, colorScheme});
    await page.goto(`${origin}/m/m`);
    await page.getByText('● live').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await overTheEdge(page)).toEqual([]);
    expect(await hardToUse(page)).toEqual([]);
    if (count > 0)
      expect(await page.locator('table[aria-rowcount]').getAttribute('aria-rowcount')).toBe(`${count + 1}`);
    // A plan without tasks is none: that is told instead.
    expect(count === 0 ? noise.filter(line => !line.startsWith('Failed to load resource')) : noise).toEqual([]);
    await page.context().close();
  });
});
