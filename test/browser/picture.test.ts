// The pictures in README and docs, of a real run: `PICTURE=1 npm run test:browser -- picture` writes them anew.

import fs from 'node:fs';
import path from 'node:path';
import type {Page} from 'playwright-core';
import {expect, test} from 'vitest';
import {kiroTask} from '../cli/kiro-plan.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {launchBrowser, openWeb} from './pages.ts';

const DOCS = path.resolve(import.meta.dirname, '../../docs');
const MOST_BYTES = 250_000;

/** Everything down to the end of an element, or of the page. */
async function takePicture(page: Page, name: string, until = 'main'): Promise<void> {
  const below = await page.locator(until).evaluate(one => one.getBoundingClientRect().bottom + scrollY);
  await page.setViewportSize({width: 1_200, height: Math.min(1_400, Math.ceil(below) + 20)});
  const picture = await page.screenshot();
  expect(picture.subarray(1, 4).toString()).toBe('PNG');
  expect(picture.length).toBeLessThan(MOST_BYTES);
  if (process.env.PICTURE) fs.writeFileSync(path.join(DOCS, name), picture);
}

test('a run with parallel tasks, a retry and a gate makes pictures', async () => {
  await using rig = await MilestoneRig.create();
  const run = (seconds: number, file: string) => `sleep ${seconds}; echo done > ${file}`;
  await rig.writeMilestone(
    'shop',
    [
      {id: 'schema', title: 'Say what is stored', run: run(0.9, 'schema')},
      {id: 'catalogue', title: 'Show what there is', run: run(1.6, 'catalogue'), dependencies: ['schema']},
      {
        id: 'basket',
        title: 'Remember what somebody wants',
        run: `[ "$MILESTONE_ATTEMPT" -gt 1 ] || touch broken; ${run(1.1, 'basket')}`,
        dependencies: ['schema'],
      },
      {id: 'login', title: 'Know who somebody is', run: run(0.8, 'login'), dependencies: ['schema']},
      {id: 'search', title: 'Find something', run: run(1.5, 'search'), dependencies: ['catalogue']},
      {id: 'checkout', title: 'Pay for it', run: run(1.3, 'checkout'), dependencies: ['basket', 'login']},
      {id: 'mail', title: 'Say thank you', run: run(0.7, 'mail'), dependencies: ['checkout']},
      {...kiroTask('payment'), title: 'Take the money', dependencies: ['login']},
      {id: 'release', title: 'Open the shop', run: 'true', dependencies: ['search', 'mail', 'payment']},
    ],
    {title: 'Open the shop', settings: {max_parallel: 3, verify: 'test ! -e broken'}},
  );
  expect(await rig.milestone('execute', 'shop')).toMatchObject({exitCode: 6});
  const browser = await launchBrowser();
  const {page, origin} = await openWeb(browser, rig, {width: 1_200, flags: ['--decide']});
  await page.goto(`${origin}/m/shop`);
  await page.locator('.node.critical').first().waitFor();
  await page.evaluate('for (const one of document.querySelectorAll("details[open]")) one.open = false');
  await takePicture(page, 'milestone-web.png', '#dependencies');
  await page.goto(`${origin}/m/shop/t/payment/approvals/design`);
  await page.getByRole('button', {name: 'Approve'}).waitFor();
  await takePicture(page, 'milestone-web-approval.png');
  await page.goto(`${origin}/m/shop/t/basket`);
  await page.getByText('reading …').waitFor({state: 'detached'});
  await takePicture(page, 'milestone-web-task.png');
  await browser.close();
});
