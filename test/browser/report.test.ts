// The report as a page, in a real browser: on a telephone, on a screen, on paper, in the dark.

import fs from 'node:fs';
import path from 'node:path';
import type {Browser, Page} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {madeUpReport, pageOf} from '../page/night.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {launchBrowser, overTheEdge} from './pages.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

interface Opened {
  page: Page;
  /** What it asked for besides itself, and what it complained of. */
  noise: string[];
}

async function open(rig: MilestoneRig, html: string, width: number, colorScheme: 'light' | 'dark'): Promise<Opened> {
  const file = path.join(rig.root, 'report.html');
  fs.writeFileSync(file, html);
  const page = await browser.newPage({viewport: {width, height: 800}, colorScheme});
  const noise: string[] = [];
  page.on('request', request => {
    if (request.url() !== `file://${file}`) noise.push(request.url());
  });
  page.on('console', message => noise.push(message.text()));
  page.on('pageerror', error => noise.push(String(error)));
  await page.goto(`file://${file}`);
  return {page, noise};
}

const SECTIONS = ['Needs you', 'Failed', 'Assumptions', 'Timeline', 'Dependencies', 'Tasks', 'Cost', 'Review'];

describe.each([390, 1_280])('at %i pixels', width => {
  test.each(['light', 'dark'] as const)(
    'in the %s all of it is there, and nothing goes over the edge',
    async scheme => {
      await using rig = await MilestoneRig.create({git: false});
      const {page, noise} = await open(rig, pageOf(madeUpReport()), width, scheme);
      const headings: string[] = await page.locator('h2').allInnerTexts();
      expect(headings).toEqual(expect.arrayContaining(SECTIONS));
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await overTheEdge(page)).toEqual([]);
      // Dark and light are two looks; text stands out from its ground in both.
      const colours = `[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]`;
      expect(await page.evaluate(colours)).toEqual(
        scheme === 'light' ? ['rgb(255, 255, 255)', 'rgb(29, 33, 41)'] : ['rgb(21, 24, 29)', 'rgb(231, 234, 239)'],
      );
      expect(noise).toEqual([]);
      await page.close();
    },
  );
});

test('the stages of an attempt are told apart without colour, lanes and retries with their causes are drawn', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {page} = await open(rig, pageOf(madeUpReport()), 1_280, 'light');
  const look = (stage: string) =>
    page.evaluate(`(({fill, strokeDasharray}) => (fill.startsWith('url') ? fill : fill === 'none') + strokeDasharray)
      (getComputedStyle(document.querySelector('.timeline .stage.${stage}')))`);
  const looks = await Promise.all(['waiting', 'working', 'checking', 'queued'].map(look));
  expect(new Set(looks).size).toBe(4);
  const texts: string[] = await page.locator('.lanes text').allTextContents();
  expect(texts).toEqual(
    expect.arrayContaining(['slot 0', 'slot 1', 'slot 2', 'task-0 1', '✘ task-6 1: check', '✘ task-6 2: check']),
  );
  // Bars of one slot never cover each other, whatever waits in the queue.
  const boxes = (await page.evaluate(`[...document.querySelectorAll('.timeline .stage')].map(one => {
    const {left, right, top} = one.getBoundingClientRect(); return [left, right, top]; })`)) as number[][];
  for (const [left = 0, right = 0, top] of boxes)
    expect(
      boxes.filter(
        ([otherLeft = 0, otherRight = 0, otherTop]) =>
          top === otherTop && left < otherRight - 1 && otherLeft < right - 1,
      ),
    ).toHaveLength(1);
  const edges = await page.locator('.graph .edge').count();
  expect(edges).toBe(9);
  expect(await page.locator('.graph .edge.critical').count()).toBe(0);
  await page.close();
});

test('what titles, assumptions and outputs say is shown and does nothing', async () => {
  await using rig = await MilestoneRig.create();
  const words =
    '<script>window.got = 1</script><img src="http://127.0.0.1:9/x" onerror="window.got = 2"><style>*{display:none}</style>' +
    '</title></style><meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">\u001b[31m\u001b]8;;http://x\u0007\u202e';
  const {page, noise} = await open(rig, pageOf(madeUpReport({words})), 1_280, 'light');
  const text = await page.locator('h1').innerText();
  expect(text).toContain('<script>window.got = 1</script><img src="http://127.0.0.1:9/x"');
  expect(text).toContain('\\x1b[31m\\x1b]8;;http://x\\x07\\u202e');
  expect(await page.evaluate('window.got')).toBeUndefined();
  expect(await page.locator('main script, script ~ script, img, main style, main meta').count()).toBe(0);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1_280);
  expect(await page.title()).toContain('</title>');
  expect(noise).toEqual([]);
  await page.close();
});

test('even markup that got through would load and run nothing', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const attack = '<script>window.got = 1</script><img src="http://127.0.0.1:9/x"><style>h1{display:none}</style>';
  const {page} = await open(rig, pageOf(madeUpReport()).replace('<main>', `<main>${attack}`), 1_280, 'light');
  expect(await page.evaluate('window.got')).toBeUndefined();
  expect(await page.locator('h1').isVisible()).toBe(true);
  expect(
    await page.evaluate('performance.getEntriesByType("resource").filter(({transferSize}) => transferSize > 0).length'),
  ).toBe(0);
  await page.close();
});

test('on paper it is black on white, and as wide as the paper', async () => {
  await using rig = await MilestoneRig.create({git: false});
  const {page} = await open(rig, pageOf(madeUpReport()), 760, 'dark');
  await page.emulateMedia({media: 'print', colorScheme: 'dark'});
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(760);
  const pdf = await page.pdf({format: 'A4', printBackground: true});
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  await page.close();
});

test('the page that the command writes is of the milestone that it carried out', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('m', [
    {id: 'a', title: 'Build <it>', run: 'echo a > a', verify: 'test -f a'},
    {id: 'b', title: 'Break it', run: 'echo why; exit 3', retries: 1},
  ]);
  await rig.milestone('execute', 'm');
  const written = await rig.milestone('report', '--format', 'html');
  expect(written).toMatchObject({exitCode: 0, stderr: ''});
  const {page, noise} = await open(rig, written.stdout, 390, 'light');
  expect(await page.locator('.needs').innerText()).toContain('milestone retry m b');
  expect(await page.locator('.timeline').textContent()).toContain('✘ b 2: exit');
  expect(await page.locator('main').innerText()).toContain('Build <it>');
  expect(noise).toEqual([]);
  await page.close();
});
