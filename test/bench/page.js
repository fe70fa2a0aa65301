// How long a person waits for a page of `milestone web`, in Chromium, and whether it stays smooth.

import {spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import {chromium} from 'playwright-core';
import {cleanEnv, graph, inFolder, inTurn, MILESTONE, timeNode, writePlan} from './measure.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const SIZES = [5, 2_000];

/** First paint, which shows the headline already, and the frames of a scroll from top to bottom. */
export async function page(rounds = 9) {
  if (!fs.existsSync(CHROMIUM)) {
    process.stderr.write(`left out: there is no ${CHROMIUM}\n`);
    return [];
  }
  return inFolder(async folder => {
    const browser = await chromium.launch({executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu']});
    const shown = {};
    try {
      for (const size of SIZES) shown[size] = await show(browser, path.join(folder, String(size)), size);
      const [few, many] = SIZES;
      const paint = await inTurn(rounds, {few: () => paintMs(shown[few]), many: () => paintMs(shown[many])});
      const frame = await inTurn(Math.min(rounds, 5), {many: () => frameMs(shown[many])});
      return [
        {what: 'first paint of the page of 2,000 tasks', value: paint.many / 1_000, unit: 's', atMost: 1},
        {what: 'the same / of 5 tasks', value: paint.many / paint.few},
        {what: 'scrolling through them, 95 % of the frames come within', value: frame.many, unit: 'ms', atMost: 50},
      ];
    } finally {
      await browser.close();
      for (const {server} of Object.values(shown)) server.kill();
    }
  });
}

/** Carried out, then served to a browser of its own. */
async function show(browser, folder, size) {
  fs.mkdirSync(folder);
  writePlan(folder, graph(size, 'layers'), {settings: {max_parallel: 4}});
  await timeNode([MILESTONE, 'execute', 'bench', '--no-git'], {cwd: folder});
  const server = spawn(process.execPath, [MILESTONE, 'web'], {
    cwd: folder,
    env: cleanEnv(folder),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = await new Promise(resolve => readline.createInterface(server.stdout).once('line', resolve));
  const tab = await browser.newPage({viewport: {width: 1_440, height: 900}});
  await tab.goto(address);
  await tab.locator('h1').waitFor();
  return {server, tab, page: `${new URL(address).origin}/m/bench`};
}

/** From the question to the first text on the screen, in milliseconds. */
async function paintMs({tab, page}) {
  await tab.goto(page);
  return tab.evaluate(`new Promise(resolve => new PerformanceObserver((list, observer) => {
    const [paint] = list.getEntriesByName('first-contentful-paint');
    if (!paint) return;
    observer.disconnect();
    resolve(paint.startTime);
  }).observe({type: 'paint', buffered: true}))`);
}

/** A screen at a time: the time that all but a twentieth of the frames keep to, in milliseconds. */
async function frameMs({tab, page}) {
  await tab.goto(page);
  await tab.getByText('● live').waitFor();
  return tab.evaluate(`new Promise(resolve => {
    const frames = [];
    let before;
    requestAnimationFrame(function step(now) {
      if (before !== undefined) frames.push(now - before);
      before = now;
      const y = scrollY;
      scrollBy({top: innerHeight, behavior: 'instant'});
      if (scrollY > y) requestAnimationFrame(step);
      else resolve(frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.95)]);
    });
  })`);
}
