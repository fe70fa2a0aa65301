// What docs/reference.md says of settings, events, commands and codes is what the source says: `npm run reference` writes
// it between the marks.

import fs from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect, test, vi} from 'vitest';
import * as parts from './reference-parts.ts';

const file = fileURLToPath(new URL('../../docs/reference.md', import.meta.url));

test('the reference says what the source says', async () => {
  // The bundler puts it in.
  vi.stubGlobal('MILESTONE_VERSION', '0.0.0');
  const {buildProgram} = await import('../../src/cli/program.ts');
  const texts: Record<string, string> = {
    milestone: parts.milestoneTable(),
    task: parts.taskTable(),
    phase: parts.phaseTable(),
    settings: parts.settingsTable(),
    config: parts.configTable(),
    commands: parts.commandsText(buildProgram()),
    errors: parts.errorsTable(),
    blockers: parts.blockersTable(),
    events: parts.eventsTable(),
  };
  let reference = fs.readFileSync(file, 'utf8');
  for (const [name, text] of Object.entries(texts)) {
    expect(text.split('\n').length, name).toBeGreaterThan(3);
    const marked = new RegExp(`(<!-- ${name}: .*? -->\n)[^]*?(<!-- end of ${name} -->)`);
    expect(reference).toMatch(marked);
    reference = reference.replace(marked, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
  }
  await expect(reference).toMatchFileSnapshot(file);
});
