import fs from 'node:fs';
import path from 'node:path';
import {PREFERRED_AGENTS} from '../../drivers/default-driver.ts';
import {MilestoneError} from '../../errors.ts';
import {ensureHomeFiles, findHome, homePaths, listMilestones} from '../../plan/file/home.ts';
import {fileError, makeFolder, writeNewFile} from '../../platform/files.ts';
import {findProgram} from '../../platform/processes/find-program.ts';
import {type ProjectTools, readProjectTools} from '../../platform/project-tools.ts';
import {printable} from '../../terminal/printable.ts';
import {type InitCommandsFlags, initCommands} from '../init/init-commands.ts';
import {shownPath} from '../shown-path.ts';

/** With what the project's own files say: how it is tested is the user's to switch on, for he knows whether it is green. */
function configText({setup, test}: ProjectTools, agents: readonly string[]): string {
  const found = agents.length === 0 ? '' : `; found here: ${agents.join(', ')}`;
  const own = setup
    ? `  workspace:
    setup: ${setup.command} # makes a fresh working folder ready: it has no ${setup.makes}
    setup_when: [${setup.lockFile}] # and again when this differs
`
    : `  # workspace:
  #   setup: npm ci             # makes a fresh working folder ready
  #   setup_when: [package-lock.json]
`;
  return `# What holds for all milestones here; each plan can say otherwise under its own \`settings:\`.
# Every key is in \`milestone schema config\`.

settings:
  # driver: ${(agents[0] ?? 'claude').padEnd(19)} # who does tasks without \`run\`${found}
  # max_parallel: 3             # attempts at a time
  # verify: ${(test ?? 'npm test').padEnd(19)} # a command that is green when the work is right
  # retries: 2                  # tries after the first
  # timeout: 45m                # for one attempt
  # env: {CI: "1"}              # for tasks and checks
${own}`;
}

const EXAMPLE = `# A plan: tasks, and which of them wait for others. Look at it with \`milestone graph example\`,
# see what would run with \`milestone execute example --dry-run\`, then leave out the \`--dry-run\`.
# In git all of it happens on a branch of its own, \`milestone/example\`; your files stay as they are.

id: example                     # equals the file name
title: Say hello

settings:
  max_parallel: 2

tasks:
  - id: words
    title: Write down the words
    run: echo hello > words.txt

  - id: loud
    title: Say it loudly
    dependencies: [words]       # starts when \`words\` is done
    run: tr a-z A-Z < words.txt > loud.txt
    verify: grep -q HELLO loud.txt   # done means that this is green

  - id: length
    title: Count the letters
    dependencies: [words]       # runs beside \`loud\`
    run: wc -c < words.txt > length.txt
    verify: test -s length.txt
`;

/** `milestone init`: make a home, or what is missing of one, and the slash commands of coding agents. */
export async function init(folder: string | undefined, flags: InitCommandsFlags): Promise<void> {
  const home = folder === undefined ? nearestHome() : path.join(existing(folder), '.milestones');
  if (flags.claude || flags.opencode) return initWithCommands(home, flags);
  for (const name of ['force', 'remove', 'dryRun'] as const)
    if (flags[name])
      throw new MilestoneError(
        'USAGE',
        `\`--${name === 'dryRun' ? 'dry-run' : name}\` goes with --claude or --opencode`,
      );
  const made = makeHome(home);
  if (flags.json) return console.log(JSON.stringify({ok: true, home, made}));
  reportHome(home, made);
}

/** The commands, and a home where there is none for them to work on. */
function initWithCommands(home: string, flags: InitCommandsFlags): void {
  const isHomeMissing = !fs.existsSync(home) && !flags.remove && !flags.dryRun;
  initCommands(path.dirname(home), flags);
  const made = isHomeMissing ? makeHome(home) : [];
  if (made.length > 0 && !flags.json) reportHome(home, made);
}

function reportHome(home: string, made: readonly string[]): void {
  console.log(printable(made.length === 0 ? `${shownPath(home)} is complete already` : `made in ${shownPath(home)}:`));
  for (const name of made) console.log(`  ${name}`);
  if (made.includes('config.yaml')) for (const line of foundLines(path.dirname(home))) console.log(printable(line));
  if (made.includes('active/example.yaml')) console.log('\n`milestone execute example` carries out the example');
}

/** What config.yaml has from the project, for whoever does not open it. */
function foundLines(project: string): string[] {
  const {setup, test} = readProjectTools(project);
  const agents = agentsHere();
  const lines = [
    ...(setup ? [`${setup.lockFile}: each working folder is made ready by \`${setup.command}\``] : []),
    ...(test === undefined ? [] : [`tests: uncomment \`verify: ${test}\` to have every task checked by them`]),
    `agents: ${agents.length === 0 ? 'none on the PATH; tasks need `run`, or a person' : agents.join(', ')}`,
  ];
  return ['', 'found here, and written into config.yaml:', ...lines.map(line => `  ${line}`)];
}

/** The home that the working directory has, else one in it. */
function nearestHome(): string {
  return findHome(process.cwd()) ?? path.join(fs.realpathSync(process.cwd()), '.milestones');
}

function existing(folder: string): string {
  try {
    return fs.realpathSync(folder);
  } catch (error) {
    throw new MilestoneError('USAGE', `there is no folder \`${folder}\``, {cause: error});
  }
}

/** @returns What was made, relative to the home. */
function makeHome(home: string): string[] {
  const paths = homePaths(home);
  const parts: Array<[file: string, make: (file: string) => boolean]> = [
    [paths.activeFolder, isNewFolder],
    [paths.completedFolder, isNewFolder],
    [paths.config, file => writeNew(file, configText(readProjectTools(path.dirname(home)), agentsHere()))],
    [paths.gitignore, file => makeIgnore(home, file)],
    [paths.active('example'), file => listMilestones(home).length === 0 && writeNew(file, EXAMPLE)],
  ];
  try {
    return parts.flatMap(([file, make]) => (make(file) ? path.relative(home, file) : []));
  } catch (error) {
    throw error instanceof MilestoneError ? error : fileError(error, `make \`${home}\``);
  }
}

/** Coding agents on the PATH, the one that would be taken first. */
function agentsHere(): string[] {
  return PREFERRED_AGENTS.filter(name => findProgram(name, process.env.PATH) !== undefined);
}

function isNewFolder(folder: string): boolean {
  return makeFolder(folder) !== undefined;
}

function makeIgnore(home: string, file: string): boolean {
  if (fs.existsSync(file)) return false;
  ensureHomeFiles(home);
  return true;
}

/** @returns False when there is such a file. */
function writeNew(file: string, text: string): boolean {
  try {
    writeNewFile(file, text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
