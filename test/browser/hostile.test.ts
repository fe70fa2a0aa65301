// Titles, outputs, documents, questions and names of files of somebody who wants the pages to obey him: every page is
// opened, and nothing runs, nothing is asked of anybody else, nothing is hidden.

import type {Browser, Page} from 'playwright-core';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {kiroTask} from '../cli/kiro-plan.ts';
import {ATTACKS} from '../page/attacks.ts';
import {claude} from '../rig/agent-scripts.ts';
import {FakeAgents} from '../rig/fake-agents.ts';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {launchBrowser, openWeb} from './pages.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const MARKUP = ATTACKS.slice(0, 12).join(' ');
const PLAIN = ATTACKS.filter(attack => !attack.includes('\u0000'));
const DOCUMENT = PLAIN.flatMap(attack => [
  attack,
  `- ${attack}`,
  `> # ${attack}`,
  `| ${attack} |\n|---|\n| ${attack} |`,
])
  .join('\n\n')
  .concat(`\n\n\`\`\`html\n${PLAIN.join('\n')}\n\`\`\`\n`);

/** A milestone whose every word is an attack. */
async function hostileRig(): Promise<MilestoneRig> {
  const rig = await MilestoneRig.create();
  const agents = FakeAgents.into(rig, 'claude');
  const words = PLAIN.join(' ');
  agents.script('claude', 'asks', [
    claude.init,
    claude.says(words),
    claude.done({status: 'blocked', summary: words, assumptions: [...PLAIN], question: words}),
  ]);
  rig.write('say', ATTACKS.join('\n'));
  rig.write('document', DOCUMENT);
  rig.commit('What is said');
  const gate = {required: true, approvers: [PLAIN[0]], criteria: PLAIN};
  const names = `for n in 1 2; do printf x > "<img src=x onerror=window.got=$n>.txt"; done; printf x > "$(printf 'a\\033[31m\\342\\200\\256.js')"`;
  const designs =
    'cp document "$MILESTONE_DELIVERABLES/architecture.md"; cp say "$MILESTONE_DELIVERABLES/<img src=x onerror=window.got=1>.md"';
  await rig.writeMilestone(
    'm',
    [
      {id: 'a', title: words, run: `cat say; cp say made; ${names}`, verify: 'cat say; test -f made'},
      {id: 'b', title: words, run: 'cat say; cat say >&2; exit 3', verify: `true # ${MARKUP}`, retries: 1},
      {id: 'asks', title: words, description: words, driver: 'claude'},
      kiroTask(
        'k',
        {
          design: {
            run: designs,
            deliverables: ['architecture.md', '<img src=x onerror=window.got=1>.md'],
            verify: 'cat say',
          },
        },
        {title: words},
      ),
    ],
    {title: words, success_criteria: PLAIN, kiro_configuration: {approval_gates: {design_to_spec: gate}}},
  );
  const first = await rig.milestone('execute', 'm');
  expect(first.exitCode, first.stderr.slice(0, 1500)).toBe(4);
  expect(await rig.milestone('reject', 'm', 'k', '-m', words, '--yes')).toMatchObject({exitCode: 0});
  await rig.milestone('resume', 'm');
  return rig;
}

test('every page is opened, and nothing that anybody has written does anything', async () => {
  await using rig = await hostileRig();
  const {page, origin, noise} = await openWeb(browser, rig, {flags: ['--decide']});
  await expectHarmless(page, '/');
  const places = [
    ['/m/m', '.events li'],
    ['/m/m/t/a', '.patch'],
    ['/m/m/t/b', '.log'],
    ['/m/m/t/b?attempt=1', '.log'],
    ['/m/m/t/asks', '.log'],
    ['/m/m/t/k', '.phase'],
    ['/m/m/t/k/approvals/design', '.page'],
  ] as const;
  for (const [place, last] of places) {
    await page.goto(`${origin}${place}`);
    await page.locator(last).first().waitFor();
    await openAll(page);
    await expectHarmless(page, place);
  }
  // As it reads, and beside it as it is: all that was written is there to be seen.
  const raw = await page.getByRole('region', {name: 'architecture.md, its text'}).innerText();
  for (const attack of [
    '<script>window.got = 1</script>',
    '[link](javascript:window.got=14)',
    '\\x1b[31mred',
    '\\u202e',
  ])
    expect(raw).toContain(attack);
  expect(noise).toEqual([]);
  // Even markup that got through would not run.
  const refused = `(() => { try { document.body.innerHTML = '<img src=x onerror="window.got = 99">'; return false; } catch { return true; } })()`;
  expect(await page.evaluate(refused)).toBe(true);
  expect(await page.evaluate('window.got')).toBeUndefined();
  await page.context().close();
});

/** Whatever is folded is unfolded, and what it asks for has come. */
async function openAll(page: Page): Promise<void> {
  await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
  await page.getByText('reading …').first().waitFor({state: 'detached'});
}

async function expectHarmless(page: Page, place: string): Promise<void> {
  expect(await page.evaluate('window.got'), place).toBeUndefined();
  const text: string = await page.locator('body').innerText();
  expect(text, place).not.toMatch(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]/,
  );
  const foreign = `[...document.querySelectorAll('img, iframe, math, form, base, object, embed, meta[http-equiv], main script, main style, main link, main svg script, main svg animate, main template, noscript')]
    .map(one => one.outerHTML.slice(0, 100))`;
  expect(await page.evaluate(foreign), place).toEqual([]);
  const leading = `[...document.querySelectorAll('a')].map(one => one.getAttribute('href'))
    .filter(href => new URL(href, location.href).origin !== location.origin)`;
  expect(await page.evaluate(leading), place).toEqual([]);
  const handlers = `[...document.querySelectorAll('*')].flatMap(one => [...one.attributes]).map(({name}) => name)
    .filter(name => /^on|^style$|^srcdoc$|^formaction$/.test(name))`;
  expect(await page.evaluate(handlers), place).toEqual([]);
  expect(await page.locator('h1').isVisible(), place).toBe(true);
}
