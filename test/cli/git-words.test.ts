// What git says reaches a person so that he can act on it.

import fs from 'node:fs';
import {expect, test} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';
import {ID} from './reading-rig.ts';

test.concurrent('what git says in several lines is shown in several lines, and a filter that fails in slots has a way out', async () => {
  await using rig = await MilestoneRig.create({files: {'.gitattributes': '*.x filter=f\n', '1.x': '1\n'}});
  rig.git('config', 'filter.f.smudge', 'sh -c "echo first >&2; echo second >&2; exit 1"');
  rig.git('config', 'filter.f.required', 'true');
  await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
  const {exitCode, stdout, stderr} = await rig.milestone('execute', ID);
  expect(exitCode).toBe(9);
  expect(`${stdout}${stderr}`).not.toContain('\\x0a');
  expect(stderr).toMatch(/failed: first\n {4}second\n/);
  expect(stderr).toMatch(/hint: the filter `f`.*`isolation: shared`/);
});

test.concurrent('a file and a folder of one name conflict under that name', async () => {
  await using rig = await MilestoneRig.create();
  const [file, folder] = [await rig.command('file'), await rig.command('folder')];
  await rig.writeMilestone(ID, [
    {id: 'a', run: `echo file > api; ${file.shell}`, retries: 0},
    {id: 'b', run: `[ -e api ] || { mkdir api; echo x > api/x.txt; }; ${folder.shell}`, retries: 0},
  ]);
  const execution = rig.milestone('execute', ID);
  const [one, other] = await Promise.all([file.nextRun(), folder.nextRun()]);
  one.exit(0);
  await rig.waitForEvent(ID, 'task_completed');
  other.exit(0);
  (await folder.nextRun()).exit(0);
  const {stdout, stderr} = await execution;
  expect(`${stdout}${stderr}`).toMatch(/conflicts with .*: api(?:\/x\.txt)?\b/);
  expect(`${stdout}${stderr}`).not.toMatch(/~[0-9a-f]{40}/);
});

test.concurrent('`core.bare` beside a checkout is named, with the command that mends it, also by doctor', async () => {
  await using rig = await MilestoneRig.create();
  await rig.writeMilestone(ID, [{id: 'a', run: 'true'}]);
  rig.git('config', 'core.bare', 'true');
  for (const command of [['execute', ID], ['doctor']]) {
    const {stdout, stderr} = await rig.milestone(...command);
    expect(`${stdout}${stderr}`).toContain(`hint: git -C ${rig.folder} config core.bare false`);
    expect(`${stdout}${stderr}`).toContain('`core.bare` is true');
  }
});

test.concurrent('tasks and checks find the submodules of their base filled without a network, unless they are switched off', async () => {
  await using rig = await MilestoneRig.create();
  const library = `${rig.root}/library`;
  rig.git('init', '-q', library);
  fs.writeFileSync(`${library}/lib.txt`, 'lib\n');
  rig.git('-C', library, 'add', '.');
  rig.git('-C', library, 'commit', '-qm', 'lib');
  rig.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'third');
  rig.git('commit', '-qm', 'sub');
  fs.rmSync(library, {recursive: true});
  const verify = 'test -f third/lib.txt';
  const tasks = [
    {id: 'a', run: 'cat third/lib.txt > a.txt'},
    {id: 'b', run: 'echo b > b.txt'},
  ];
  await rig.writeMilestone(ID, tasks, {settings: {verify, retries: 0}});
  expect(await rig.milestone('execute', ID)).toMatchObject({exitCode: 0});
  expect(rig.git('show', `milestone/${ID}:a.txt`)).toBe('lib');
  await rig.writeMilestone('off', tasks, {settings: {retries: 0, workspace: {submodules: 'off'}}});
  expect(await rig.milestone('execute', 'off')).toMatchObject({exitCode: 4});

  fs.rmSync(rig.path('.git/modules'), {recursive: true});
  await rig.writeMilestone('gone', [{id: 'b', run: 'true', no_changes: true}]);
  const dry = (await rig.milestone('execute', 'gone', '--dry-run', '--json')).json();
  expect(dry).toMatchObject({ok: true, problems: [{code: 'SUBMODULE_EMPTY'}, {code: 'CHECKOUT_UNREADABLE'}]});
  expect(dry.problems[0].message).toMatch(/^the submodule `third` is empty for tasks/);
  const {stderr} = await rig.milestone('execute', 'gone');
  expect(stderr).toMatch(/warning: the submodule `third` is empty for tasks/);
});

test.concurrent('the dry run names filters that may need what only the checkout has, and starts none', async () => {
  await using rig = await MilestoneRig.create();
  const started = `${rig.root}/started`;
  for (const name of ['crypt', 'lfs', 'unused']) rig.git('config', `filter.${name}.smudge`, `touch '${started}'; cat`);
  rig.write('.gitattributes', '# *.txt filter=unused\n*.txt filter=lfs -text\n');
  rig.write('keys/.gitattributes', '*.key   filter=crypt diff=crypt\n');
  rig.write('keys/s.key', 'secret\n');
  rig.git('add', '.');
  rig.git('commit', '-qm', 'crypt');
  await rig.writeMilestone(ID, [{id: 'a', run: 'echo a > a'}]);
  const {stdout, exitCode} = await rig.milestone('execute', ID, '--dry-run');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('warning: files go through the filter `crypt` (keys/.gitattributes)');
  expect(stdout.match(/through the filter/g)).toHaveLength(1);
  expect(fs.existsSync(started)).toBe(false);
});
