// What `--help` says, of every command that there is.

import type {Command} from 'commander';
import {beforeAll, describe, expect, test, vi} from 'vitest';
import {MilestoneRig} from '../rig/milestone-rig.ts';

let commands: Array<{name: string; help: string; command: Command}> = [];

beforeAll(async () => {
  // The bundler puts it in.
  vi.stubGlobal('MILESTONE_VERSION', '0.0.0');
  const {buildProgram} = await import('../../src/cli/program.ts');
  commands = all(buildProgram(), '');
});

function all(parent: Command, prefix: string): typeof commands {
  return parent.commands.flatMap(command => {
    const name = prefix + command.name();
    return [{name, help: helpOf(command), command}, ...all(command, `${name} `)];
  });
}

/** All that is printed, what is added after it included. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: part => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

describe('every command', () => {
  test('takes `--json`', () => {
    for (const {name, command} of commands.filter(({command}) => command.commands.length === 0))
      expect(
        command.options.map(({long}) => long),
        name,
      ).toContain('--json');
  });

  test('says what it does by default in words', () => {
    for (const {name, help} of commands) expect(help, name).not.toMatch(/default: (?:\[|.*default:|\d{5})/);
  });

  test('has an example that begins with it, and says its exit codes', () => {
    expect(commands.length).toBeGreaterThan(25);
    for (const {name, help} of commands) {
      expect(help, name).toMatch(new RegExp(`\nExample:\n {2}(?:source <\\()?milestone ${name}\\b`));
      expect(help, name).toMatch(/\nExit codes:\n {2}0 +done\n/);
    }
  });

  test('is in one of five groups', () => {
    const groups = new Set(commands.filter(({name}) => !name.includes(' ')).map(({command}) => command.helpGroup()));
    expect([...groups]).toEqual(['Everyday:', 'Plan:', 'Repair:', 'For whoever does the work:', 'Machine:']);
  });

  test('takes the options that its example has', () => {
    for (const {name, help, command} of commands) {
      const example = /\nExample:\n {2}(.*)/.exec(help)?.[1] ?? '';
      const options = [...example.matchAll(/ (--?[a-z][a-z-]*)/g)].map(([, option]) => option);
      const known = command.options.flatMap(({long, short}) => [long, short]);
      for (const option of options.filter(option => option !== '--help')) expect(known, name).toContain(option);
    }
  });

  test('calls a task `<task>` where it is needed, `[task]` where it is not, after the milestone', () => {
    for (const {name, command} of commands) {
      const usage = command.usage();
      if (!/\btask\b/.test(usage)) continue;
      expect(usage, name).toMatch(/^\[options\] \[id\] (?:<task>|\[task\])(?: |$)/);
    }
  });
});

test.concurrent('help lists the commands in their groups, in this order', async () => {
  await using rig = await MilestoneRig.create();
  const {stdout} = await rig.milestone('--help');
  expect([...stdout.matchAll(/^(\w.*):$/gm)].map(([, group]) => group)).toEqual([
    'Options',
    'Everyday',
    'Plan',
    'Repair',
    'For whoever does the work',
    'Machine',
  ]);
  expect(stdout).toMatch(/\nEveryday:\n {2}init \[folder\] [^:]*\n {2}new <id> \[title\] [^:]*\n {2}execute \[id\] /);
});

test.concurrent('help fits 80 columns', async () => {
  await using rig = await MilestoneRig.create();
  const {stdout} = await rig.milestone('--help');
  const [commands = ''] = stdout.split('\n\n`milestone` alone');
  expect(commands.split('\n').filter(line => line.length > 80)).toEqual([]);
});

test.concurrent('wrong usage is said like every other error, with what is meant or where to read', async () => {
  await using rig = await MilestoneRig.create();
  const said: Record<string, string> = {
    'land --hlep': 'error: unknown option `--hlep`\nhint: did you mean `--help`?\n',
    'report --format pdf':
      'error: option `--format <format>` argument `pdf` is invalid. Allowed choices are text, md, html, json, junit\nhint: milestone help report\n',
    completion: 'error: missing required argument `shell`\nhint: milestone help completion\n',
    task: 'error: `milestone task` wants a command behind it: `done`\nhint: milestone help task\n',
    'task dome': 'error: there is no command `task dome`\nhint: did you mean `milestone task done`?\n',
    'task xyzzy': 'error: there is no command `task xyzzy`\nhint: milestone help task\n',
  };
  for (const [words, stderr] of Object.entries(said))
    expect(await rig.milestone(...words.split(' '))).toMatchObject({exitCode: 2, stdout: '', stderr});
  expect(await rig.milestone('land', '--hlep', '--json')).toMatchObject({exitCode: 2, stderr: ''});
});

test.concurrent('a command that there is not is told which one is meant', async () => {
  await using rig = await MilestoneRig.create();
  const meant: Record<string, string> = {
    run: 'milestone execute',
    version: 'milestone --version',
    satus: 'milestone status',
    stop: 'milestone pause',
    create: 'milestone new',
    logs: 'milestone log',
  };
  for (const [word, command] of Object.entries(meant))
    expect(await rig.milestone(word)).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: `error: there is no command \`${word}\`\nhint: did you mean \`${command}\`?\n`,
    });
  expect(await rig.milestone('xyzzy')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('milestone --help'),
  });
  expect(await rig.milestone('help', 'lnad')).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: 'error: there is no command `lnad`\nhint: did you mean `milestone land`?\n',
  });
  expect((await rig.milestone('help', 'land')).stdout).toMatch(/^Usage: milestone land /);
  expect((await rig.milestone('run', '--json')).json()).toMatchObject({ok: false, error: {code: 'USAGE'}});
  // A misspelt one is told, too, and not taken for the milestone.
  expect(await rig.milestone('nwe', 'x')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('`milestone new`'),
  });
});
