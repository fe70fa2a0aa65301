// The picture in the README, of a real run: `PICTURE=1 npm run test:browser -- picture` writes it anew.

import fs from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {kiroTask} from '../cli/kiro-plan.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {launchBrowser, openWeb} from './pages.ts';

const FILE = path.resolve(import.meta.dirname, '../../docs/milestone-web.png');
const MOST_BYTES = 250_000;

test('a run with parallel tasks, a retry and a gate makes a picture', async () => {
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
  const below = await page.locator('#dependencies').evaluate(one => one.getBoundingClientRect().bottom + scrollY);
  await page.setViewportSize({width: 1_200, height: Math.ceil(below) + 20});
  const picture = await page.screenshot();
  await browser.close();
  expect(picture.subarray(1, 4).toString()).toBe('PNG');
  expect(picture.length).toBeLessThan(MOST_BYTES);
  if (process.env.PICTURE) fs.writeFileSync(FILE, picture);
});
