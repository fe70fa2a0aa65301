// The browser of the tests: Debian's Chromium.

import axe from 'axe-core';
import {type Browser, chromium, type Page} from 'playwright-core';

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

/** What of a page goes over the right edge, but for what scrolls by itself. */
export async function overTheEdge(page: Page): Promise<unknown> {
  return page.evaluate(`[...document.querySelectorAll('main *, nav *')].filter(one => !one.closest('.wide, svg, pre') &&
    one.getBoundingClientRect().right > innerWidth + 1).map(one => one.tagName + '.' + one.className)`);
}

/** What keeps people who do not see or do not point from using a page, as axe finds it. */
export async function hardToUse(page: Page): Promise<unknown> {
  await page.evaluate(axe.source);
  return page.evaluate(`axe.run().then(({violations}) =>
    violations.map(({id, nodes}) => [id, ...nodes.slice(0, 3).map(({html}) => html.slice(0, 200))]))`);
}
