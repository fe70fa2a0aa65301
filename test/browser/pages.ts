// The browser of the tests: Debian's Chromium.

import axe from 'axe-core';
import {type Browser, chromium, type Page} from 'playwright-core';
import type {MilestoneRig} from '../rig/milestone-rig.ts';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGUMENTS});
}

/** How a page is looked at: on a telephone and on a screen, in the light and in the dark. */
export const LOOKS = [
  [390, 'light'],
  [390, 'dark'],
  [1_440, 'light'],
  [1_440, 'dark'],
] as const;

export interface Opened {
  page: Page;
  origin: string;
  /** What it asked others for, and what it complained of. */
  noise: string[];
}

interface Look {
  width?: number;
  colorScheme?: 'light' | 'dark';
  flags?: string[];
}

/** `milestone web` of a rig, opened at its first page as a person does. */
export async function openWeb(
  browser: Browser,
  rig: MilestoneRig,
  {width = 1_440, colorScheme = 'light', flags = []}: Look = {},
): Promise<Opened> {
  const address = await rig.milestone('web', ...flags).line(/^http:/);
  const {origin} = new URL(address);
  const context = await browser.newContext({viewport: {width, height: 800}, colorScheme});
  const page = await context.newPage();
  const noise: string[] = [];
  page.on('request', request => {
    if (!request.url().startsWith(`${origin}/`)) noise.push(request.url());
  });
  page.on('console', message => noise.push(message.text()));
  page.on('pageerror', error => noise.push(String(error)));
  await page.goto(address);
  await page.locator('h1').waitFor();
  return {page, origin, noise};
}

/** What of a page goes over the right edge, but for what scrolls by itself. */
export async function overTheEdge(page: Page): Promise<unknown> {
  return page.evaluate(`[...document.querySelectorAll('main *, nav *')].filter(one => !one.closest('.wide, .scrolled, svg, pre') &&
    one.getBoundingClientRect().right > innerWidth + 1).map(one => one.tagName + '.' + one.className)`);
}

/** Press Tab until what is meant has the focus. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    if (await page.evaluate(`document.activeElement?.matches('${selector}') ?? false`)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no way to ${selector}`);
}

/** What keeps people who do not see or do not point from using a page, as axe finds it. */
export async function hardToUse(page: Page): Promise<unknown> {
  await page.evaluate(axe.source);
  return page.evaluate(`axe.run().then(({violations}) =>
    violations.map(({id, nodes}) => [id, ...nodes.slice(0, 3).map(({html}) => html.slice(0, 200))]))`);
}
