// What the documentation has people type, typed.

import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {MilestoneRig} from '../rig/milestone-rig.ts';

const docs = (name: string) => fs.readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');

/** Answers as aider does: it reads a file by its name, `-` as well. */
const AIDER = `#!/bin/sh
for word; do case $last in --message-file) file=$word;; esac; last=$word; done
cat "$file" > prompt.txt
`;

test('the line for aider hands it the prompt', async () => {
  const [, block] = /```yaml\n(drivers:\n.*?)```/s.exec(docs('docs/agents.md')) ?? [];
  const {aider} = parse(block!).drivers;
  await using rig = await MilestoneRig.create();
  rig.write('../bin/aider', AIDER);
  fs.chmodSync(rig.path('../bin/aider'), 0o755);
  rig.write('.milestones/config.yaml', JSON.stringify({drivers: {aider}}));
  await rig.writeMilestone('m', [{id: 'a', title: 'Sing a song', driver: 'aider'}]);
  const env = {PATH: `${path.resolve(rig.path('../bin'))}:${rig.env.PATH}`};
  expect(await rig.milestone('execute', 'm', {env})).toMatchObject({exitCode: 0});
  expect(rig.git('show', 'milestone/m:prompt.txt')).toContain('Sing a song');
});
