import fc from 'fast-check';
import {expect, test} from 'vitest';
import {agentText} from '../../src/page/agent-text.ts';
import {claude, codex, opencode} from '../rig/agent-scripts.ts';
import type {Step} from '../rig/fake-agents.ts';

function printed(...steps: Step[]): string {
  return steps.flatMap(step => ('print' in step ? JSON.stringify(step.print) : [])).join('\n');
}

test('of every agent it is told what it says and does, and not in which way it says so', () => {
  const told = {
    claude: printed(
      claude.init,
      claude.says('I look.'),
      claude.calls('1', 'npm test'),
      claude.denied('1'),
      claude.done(),
    ),
    codex: printed(
      codex.begin,
      codex.says('I look.'),
      codex.item({command: 'npm test', aggregated_output: 'ok', exit_code: 0}),
    ),
    opencode: printed(
      opencode.begin,
      opencode.says('I look.'),
      opencode.tool('npm test', {output: 'ok'}),
      opencode.step(),
    ),
  };
  for (const [name, lines] of Object.entries(told)) {
    const text = agentText(lines).replace(/\u001b\[\d+m/g, '');
    expect(text, name).toContain('I look.');
    expect(text, name).toMatch(/▸ (?:Bash|shell|bash) npm test/);
    expect(text, name).not.toMatch(/[{}]|session_id/);
  }
});

test('what an agent has failed at, and what it was answered, stands out and is short', () => {
  const result = (content: unknown, is_error: boolean) =>
    JSON.stringify({type: 'user', message: {content: [{type: 'tool_result', content, is_error}]}});
  expect(agentText(result('x'.repeat(5_000), false)).length).toBeLessThan(400);
  expect(agentText(result([{type: 'text', text: 'no such file'}], true))).toBe('\u001b[31m  no such file\u001b[0m');
  expect(agentText(printed(...codex.failed('the provider refuses it')))).toContain('the provider refuses it');
});

test('whatever is no word of an agent stays as it is', () => {
  const line = fc.string({unit: fc.constantFrom('{', '}', '"', ':', 'type', 'a', '[', ']', ' ', '\u001b[1m')});
  fc.assert(
    fc.property(fc.array(line), lines => {
      const text = lines.join('\n');
      expect(agentText(text)).toBe(text);
    }),
  );
  fc.assert(fc.property(fc.json(), json => void agentText(json)));
});
