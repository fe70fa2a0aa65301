// `milestone init`: a home to begin with, and never over what is there.

import fs from 'node:fs';
import {describe, expect, test} from 'vitest';
import {parse} from 'yaml';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {everythingBelow} from './support.ts';

test.concurrent('a home with a plan that is valid and can be carried out as it is', async () => {
  await using rig = await MilestoneRig.create();
  const made = await rig.milestone('init');
  expect(made.exitCode).toBe(0);
  expect(made.stdout).toContain(
    'made in .milestones:\n  active\n  completed\n  config.yaml\n  .gitignore\n  active/example.yaml\n',
  );
  expect((await rig.milestone('validate', '--json')).json()).toMatchObject({
    ok: true,
    results: [{problems: []}, {problems: []}],
  });
  expect(await rig.milestone('execute', 'example')).toMatchObject({exitCode: 0});
  expect(rig.git('show', 'milestone/example:loud.txt')).toBe('HELLO');
});

test.concurrent('what is there stays, and what is missing comes', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone('mine', [{id: 'a', run: 'true'}]);
  rig.write('.milestones/config.yaml', '# mine\n');
  const first = (await rig.milestone('init', '--json')).json();
  expect(first).toEqual({ok: true, home: rig.path('.milestones'), made: ['completed', '.gitignore']});
  expect(rig.read('.milestones/config.yaml')).toBe('# mine\n');
  expect((await rig.milestone('init', '--json')).json()).toEqual({ok: true, home: rig.path('.milestones'), made: []});
  expect((await rig.milestone('init')).stdout).toBe('.milestones is complete already\n');
});

test.concurrent('below a home that home is meant, unless a folder is named', async () => {
  await using rig = await MilestoneRig.create({files: {'packages/one/a.txt': ''}});
  await rig.milestone('init');
  expect((await rig.milestone('init', '--json', {cwd: 'packages/one'})).json().home).toBe(rig.path('.milestones'));
  expect((await rig.milestone('init', '.', '--json', {cwd: 'packages/one'})).json()).toMatchObject({
    home: rig.path('packages/one/.milestones'),
    made: expect.arrayContaining(['active/example.yaml']),
  });
  expect(await rig.milestone('init', 'nowhere')).toMatchObject({exitCode: 2});
});

const CLAUDE_FILES = [
  '.claude/commands/milestone/execute.md',
  '.claude/commands/milestone/status.md',
  '.claude/commands/milestone/resume.md',
  '.claude/commands/milestone/approve.md',
  '.claude/skills/milestone-execute/SKILL.md',
];

describe('the slash commands of a coding agent', () => {
  test.concurrent('are shown, then written, and are as the agent reads them', async () => {
    await using rig = await MilestoneRig.create();
    const shown = CLAUDE_FILES.map(name => `write ${name}\n`).join('');
    expect(await rig.milestone('init', '--claude', '--dry-run')).toMatchObject({exitCode: 0, stdout: shown});
    expect(everythingBelow(rig.path('.claude'))).toEqual([]);
    const written = await rig.milestone('init', '--claude');
    expect(written).toMatchObject({exitCode: 0, stdout: expect.stringContaining(shown)});
    expect(rig.exists('.milestones/active/example.yaml')).toBe(true);
    for (const name of CLAUDE_FILES) {
      const [, header = '', body = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(rig.read(name)) ?? [];
      const {description, 'allowed-tools': allowed, name: called} = parse(header);
      expect(description, name).toEqual(expect.any(String));
      expect(called, name).toBe(name.endsWith('SKILL.md') ? 'milestone/execute' : undefined);
      expect(body.split('$ARGUMENTS'), name).toHaveLength(2);
      for (const tool of allowed.split(', '))
        expect(tool).toMatch(
          /^Bash\(milestone (?:(?:execute|resume) --detach|status|wait|list|log|blockers|approvals):\*\)$/,
        );
    }
  });

  test.concurrent('are never written over what is there, unless that is asked for', async () => {
    await using rig = await MilestoneRig.create();
    await rig.writeMilestone('mine', [{id: 'a', run: 'true'}]);
    rig.write('.claude/commands/milestone/status.md', 'mine\n');
    const refused = await rig.milestone('init', '--claude');
    expect(refused).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('`.claude/commands/milestone/status.md` would be overwritten'),
    });
    expect(everythingBelow(rig.path('.claude')).filter(name => name.endsWith('.md'))).toEqual([
      'commands/milestone/status.md',
    ]);
    expect(await rig.milestone('init', '--claude', '--force')).toMatchObject({exitCode: 0});
    expect(rig.read('.claude/commands/milestone/status.md')).not.toContain('mine');
    expect(rig.exists('.milestones/config.yaml')).toBe(false);
    expect(await rig.milestone('init', '--claude')).toMatchObject({
      exitCode: 0,
      stdout: 'all files are there already\n',
    });
  });

  test.concurrent('are taken away without a trace, but for what somebody has changed', async () => {
    await using rig = await MilestoneRig.create();
    await rig.milestone('init');
    fs.mkdirSync(rig.path('.claude/commands'), {recursive: true});
    await rig.milestone('init', '--claude', '--opencode');
    expect(everythingBelow(rig.path('.opencode/command/milestone'))).toHaveLength(4);
    rig.write(CLAUDE_FILES[1] as string, `${rig.read(CLAUDE_FILES[1] as string)}More.\n`);
    const removed = await rig.milestone('init', '--claude', '--opencode', '--remove', '--json');
    expect(removed.json()).toMatchObject({ok: true, removed: {length: 8}, left: [CLAUDE_FILES[1]]});
    expect(everythingBelow(rig.path('.claude'))).toEqual([
      'commands',
      'commands/milestone',
      'commands/milestone/status.md',
    ]);
    expect(rig.exists('.opencode')).toBe(false);
    fs.rmSync(rig.path(CLAUDE_FILES[1] as string));
    await rig.milestone('init', '--claude', '--force');
    // A checkout may have other line endings.
    for (const name of CLAUDE_FILES) rig.write(name, rig.read(name).replaceAll('\n', '\r\n'));
    expect((await rig.milestone('init', '--claude', '--remove', '--json')).json()).toMatchObject({left: []});
    expect(everythingBelow(rig.path('.claude')).filter(name => name.endsWith('.md'))).toEqual([]);
    expect(rig.exists('.claude/commands')).toBe(true);
    expect(rig.exists('.claude/skills')).toBe(false);
    expect(await rig.milestone('init', '--remove')).toMatchObject({exitCode: 2});
  });
});
