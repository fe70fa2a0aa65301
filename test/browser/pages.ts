// The browser of the tests: Debian's Chromium.

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
