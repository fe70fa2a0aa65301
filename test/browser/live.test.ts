// The line to the server in a real browser: lost, cut, slept through, and taken up again where it was.

import net from 'node:net';
import type {Browser, Page} from 'playwright-core';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {launchBrowser, openWeb} from './pages.ts';

const MOST_SHOWN = 100;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

test('the list follows every milestone without a reload: progress, what needs a person, who is new', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone('one', [
    {id: 'a', run: 'true'},
    {id: 'b', run: work.shell, dependencies: ['a'], retries: 0},
  ]);
  const {page, noise} = await openWeb(browser, rig);
  const entry = (id: string) => page.locator('.milestones li', {has: page.locator(`a[href="/m/${id}"]`)});
  await entry('one').getByText('planned').waitFor();
  const executor = rig.milestone('execute', 'one');
  const run = await work.nextRun();
  await entry('one').getByText('in_progress').waitFor();
  await entry('one').getByText('75 %').waitFor();
  expect(await entry('one').getByText('needs you').count()).toBe(0);
  // An executor that is killed writes nothing more.
  executor.kill('SIGKILL');
  await executor;
  await run.kill();
  await entry('one').getByText('1 thing needs you').waitFor();
  await rig.writeMilestone('two', [{id: 'a', run: 'true'}]);
  await entry('two').getByText('planned').waitFor();
  const resumed = rig.milestone('resume', 'one');
  await (await work.nextRun()).exit();
  await resumed;
  await entry('one').getByText('completed').waitFor();
  await entry('one').getByText('100 %').waitFor();
  expect(noise).toEqual([]);
  await page.context().close();
});

test('a line that is cut is taken up again, and no event is missing or there twice', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone('m', [
    {id: 'a', run: work.shell},
    {id: 'b', run: work.shell, dependencies: ['a']},
  ]);
  await using line = await CutLine.to(new URL(await rig.milestone('web').line(/^http:/)));
  const page = await browser.newPage();
  await page.goto(line.address);
  await page.locator('h1').waitFor();
  await page.goto(new URL('/m/m', line.address).href);
  await page.getByText('● live').waitFor();
  const executor = rig.milestone('execute', 'm');
  const first = await work.nextRun();
  await page.locator('.events li', {hasText: 'task_working a'}).waitFor();
  line.cut();
  await page.getByText('○ not connected').waitFor();
  await first.exit();
  const second = await work.nextRun();
  line.mend();
  await page.getByText('● live').waitFor();
  await page.locator('.events li', {hasText: 'task_working b'}).waitFor();
  line.cut();
  await page.getByText('○ not connected').waitFor();
  line.mend();
  await second.exit();
  await executor;
  await page.locator('.events li', {hasText: 'session_ended'}).waitFor();
  await expectAllEvents(page, rig);
  await page.close();
});

test('a page that was frozen and one that nobody looked at catch up, over a death of the executor', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone('m', [
    {id: 'a', run: work.shell},
    {id: 'b', run: work.shell, dependencies: ['a']},
  ]);
  const {page, origin} = await openWeb(browser, rig);
  await page.goto(`${origin}/m/m`);
  await page.getByText('● live').waitFor();
  const system = await page.context().newCDPSession(page);
  const executor = rig.milestone('execute', 'm');
  const first = await work.nextRun();
  await page.locator('.events li', {hasText: 'task_working a'}).waitFor();
  await system.send('Page.setWebLifecycleState', {state: 'frozen'});
  executor.kill('SIGKILL');
  await executor;
  await first.kill();
  const resumed = rig.milestone('resume', 'm');
  await (await work.nextRun()).exit();
  const second = await work.nextRun();
  await system.send('Page.setWebLifecycleState', {state: 'active'});
  await page.locator('.events li', {hasText: 'task_working b'}).waitFor();
  // Nobody looks: the line is given back.
  await page.evaluate(`Object.defineProperty(document, 'hidden', {value: true, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'))`);
  await page.getByText('○ not connected').waitFor();
  await second.exit();
  await resumed;
  await page.evaluate(`Object.defineProperty(document, 'hidden', {value: false, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'))`);
  await page.locator('.events li', {hasText: 'session_ended'}).first().waitFor();
  await expectAllEvents(page, rig);
  await page.context().close();
});

test('after a sleep a page does not trust a line that has been silent, and asks for what came after what it knows', async () => {
  await using rig = await MilestoneRig.create();
  const work = await rig.command('work');
  await rig.writeMilestone('m', [{id: 'a', run: work.shell}]);
  const {page, origin} = await openWeb(browser, rig);
  const executor = rig.milestone('execute', 'm');
  const run = await work.nextRun();
  await page.clock.install();
  await page.goto(`${origin}/m/m`);
  await page.locator('.events li', {hasText: 'task_working a'}).waitFor();
  const asked = page.waitForRequest(request => /\/events\?after=[1-9]\d*$/.test(request.url()));
  await page.clock.fastForward(8 * 60 * 60 * 1_000);
  await asked;
  await page.getByText('● live').waitFor();
  await run.exit();
  await executor;
  await page.locator('.events li', {hasText: 'session_ended'}).waitFor();
  await expectAllEvents(page, rig);
  await page.context().close();
});

/** The latest of them, each once, first to last. */
async function expectAllEvents(page: Page, rig: MilestoneRig): Promise<void> {
  const lines: string[] = await page.locator('.events li').allInnerTexts();
  const shown = lines.reverse().map(text => /^\S+ \S+ (\w+)/.exec(text)?.[1] ?? text);
  expect(shown).toEqual(
    rig
      .events('m')
      .map(({event}) => event)
      .slice(-MOST_SHOWN),
  );
}

/** What stands between a browser and the server, and can be cut. */
class CutLine implements AsyncDisposable {
  readonly #sockets = new Set<net.Socket>();
  readonly #server: net.Server;
  #isCut = false;

  private constructor(readonly target: URL) {
    this.#server = net.createServer(socket => {
      if (this.#isCut) return socket.destroy();
      const out = net.connect(Number(target.port), target.hostname);
      for (const [one, other] of [
        [socket, out],
        [out, socket],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => {}).on('close', () => other.destroy());
      }
      // The server answers under its own name alone.
      socket.on('data', chunk =>
        out.write(chunk.toString('latin1').replaceAll(`:${this.port}`, `:${target.port}`), 'latin1'),
      );
      out.pipe(socket);
    });
  }

  static async to(target: URL): Promise<CutLine> {
    const line = new CutLine(target);
    await new Promise<void>(resolve => line.#server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}/${this.target.hash}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  mend(): void {
    this.#isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
