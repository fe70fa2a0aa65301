// From inside Claude Code: a slash command of the user's session starts `milestone`, whose tasks nested sessions do, and
// the user's session carries what they ask to the user, and the answers back.

import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {documentPath, kiroTask} from '../cli/kiro-plan.ts';
import type {Program} from '../rig/program.ts';
import type {ScriptedCommand} from '../rig/scripted-command.ts';
import {AgentRig, describeAgent} from './agent-rig.ts';
import type {ModelRequest, Script, Step} from './model.ts';

const MILESTONE = fileURLToPath(new URL('../../bin/milestone.js', import.meta.url));

/** What the commands tell the model to type. */
const START = 'milestone execute --detach demo';
const RESUME = 'milestone resume --detach demo';
const STATUS = 'milestone status demo --format md';
const FOLLOW = `milestone wait demo --until attention; ${STATUS}`;
const ANSWER = 'milestone answer demo greet --yes "English, please"';
const APPROVE_AT_A_TERMINAL = 'milestone approve demo announce design';
const APPROVE = `${APPROVE_AT_A_TERMINAL} --yes`;

const DESIGN = documentPath('demo', 'announce', 'design', 'architecture.md');

const question = {status: 'blocked', summary: 'Unsure.', assumptions: [], question: 'In which language?'};
const done = {status: 'done', summary: 'Says hello.', assumptions: [], question: null};

/** The one task that a model does: it asks before it writes. */
const greet: Script = ({heard, messages}) => {
  if (!heard.includes('English, please')) return {result: question};
  if (messages.at(-1)!.role === 'tool') return {result: done};
  return {write: 'greeting.txt', content: 'hello\n'};
};

const isNested = ({heard}: ModelRequest) => heard.includes('# Task greet');

const follow: Step = {use: 'Bash', input: {command: FOLLOW, description: 'Wait', run_in_background: true}};

const isWaiting = (request: ModelRequest) =>
  !isNested(request) && lastHeard(request).startsWith('Command running in background');

/** What the end of a command in the background tells the model to read. */
const readOutput: Script = request => {
  const [, file] = /<output-file>(.+)<\/output-file>/.exec(lastHeard(request)) ?? [];
  return {use: 'Read', input: {file_path: file}};
};

function lastHeard({messages}: ModelRequest): string {
  return messages.at(-1)!.text;
}

/** A user's session; what the user says is a process each. */
class Session {
  #id: string | undefined;
  /** Requests before what was said last. */
  #heardBefore = 0;

  private constructor(
    readonly agent: AgentRig,
    /** Carries out the task `announce` after the design of it was approved. */
    readonly announcement: ScriptedCommand,
  ) {}

  /** In a repository with the slash commands and a plan with a question and a gate, and `milestone` on the PATH. */
  static async create(): Promise<Session> {
    const agent = await AgentRig.create(greet);
    const {rig} = agent;
    const bin = path.join(rig.root, 'bin');
    fs.mkdirSync(bin);
    const launcher = `#!/bin/sh\nexec '${process.execPath}' '${MILESTONE}' "$@"\n`;
    fs.writeFileSync(path.join(bin, 'milestone'), launcher, {mode: 0o755});
    rig.env.PATH = `${bin}:${rig.env.PATH}`;
    expect(await rig.milestone('init', '--claude')).toMatchObject({exitCode: 0});
    rig.commit('Add the slash commands');
    const announcement = await rig.command('announcement');
    const asking = {id: 'greet', title: 'Write a greeting', verify: 'grep -q hello greeting.txt'};
    const phases = {spec: {approval_required: false}, execute: {run: announcement.shell}};
    const gated = kiroTask('announce', phases, {dependencies: ['greet']});
    await rig.writeMilestone('demo', [asking, gated], {settings: {driver: 'claude'}});
    return new Session(agent, announcement);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent[Symbol.asyncDispose]();
  }

  /**
   * Say something, and have the model reply.
   * @param allowed Commands that the user allows, asked for each.
   */
  start(prompt: string, answers: Array<Step | Script>, allowed: string[] = []): Program {
    const {rig, server} = this.agent;
    const outer = oneByOne(answers);
    this.#heardBefore = server.requests.length;
    server.script = async request => {
      if (!isNested(request)) return outer(request);
      await this.isFollowing(); // what a task asks comes when the model waits for it
      return greet(request);
    };
    const flags = ['--output-format', 'stream-json', '--verbose', ...(this.#id ? ['--resume', this.#id] : [])];
    const rules = allowed.flatMap(command => ['--allowedTools', `Bash(${command})`]);
    return rig.start('claude', '-p', ...flags, ...rules, {stdin: prompt});
  }

  /** The same, to the end: the last words of the model, what it heard before each answer, and what was denied. */
  async say(prompt: string, answers: Array<Step | Script>, allowed: string[] = []) {
    const {rig, server} = this.agent;
    const ended = await this.start(prompt, answers, allowed);
    const results = ended.jsonLines().filter(event => event.type === 'result');
    const {is_error, result, session_id} = results.at(-1) ?? {};
    expect(is_error, ended.stdout).toBe(false);
    this.#id = session_id;
    await rig.milestone('wait', 'demo', '--until', 'done'); // an executor that waits for a person leaves in a moment
    const asked = server.requests.slice(this.#heardBefore).filter(request => !isNested(request));
    const denials = results.flatMap(({permission_denials}) => permission_denials);
    return {result, heard: asked.map(lastHeard), denied: denials.map(({tool_input}) => tool_input.command)};
  }

  /** Resolves when the model waits in the background, and has nothing else to do. */
  async isFollowing(): Promise<void> {
    const {requests} = this.agent.server;
    await this.agent.server.request(request => isWaiting(request) && requests.indexOf(request) >= this.#heardBefore);
  }
}

/** Every answer is given once. */
function oneByOne(answers: Array<Step | Script>): Script {
  const rest = [...answers];
  return request => {
    const answer = rest.shift();
    if (!answer) throw new Error(`the script has no more than ${answers.length} answers`);
    return typeof answer === 'function' ? answer(request) : answer;
  };
}

const inBackground = [follow, {say: 'It is being executed.'}, readOutput];

/** The command starts and follows, the model may not answer in the place of the user, and the user's answer arrives. */
async function carryAnswer(session: Session, command: string): Promise<void> {
  const asked = await session.say(`${command} demo --max-parallel 2`, [
    {run: `${START} --max-parallel 2`},
    {run: STATUS},
    {run: ANSWER},
    ...inBackground,
    {say: 'In which language shall it be?'},
  ]);
  expect(asked.heard[0]).toContain(`Run \`${START} --max-parallel 2\``);
  expect(asked.heard[0]).toContain(`Run \`${FOLLOW.replaceAll('demo', '<milestone>')}\``);
  expect(asked.heard.at(-1)).toContain('In which language? `milestone answer demo greet');
  expect(asked).toMatchObject({result: 'In which language shall it be?', denied: [ANSWER]});

  const answered = await session.say(
    'English, please.',
    [{run: ANSWER}, {run: RESUME}, ...inBackground, {say: 'A design waits for you.'}],
    [ANSWER, RESUME, 'milestone wait:*', 'milestone status:*'],
  );
  expect(answered.denied).toEqual([]);
  expect(answered.heard[1]).toContain('`milestone resume demo` goes on with that');
  expect(answered.heard.at(-1)).toContain(`\`${APPROVE_AT_A_TERMINAL}\``);
}

/** The model reads what waits, may not approve it before the user does, and carries that over. */
async function carryApproval(session: Session): Promise<void> {
  const shown = await session.say('/milestone:approve demo announce design', [
    {run: 'milestone approvals'},
    {use: 'Read', input: {file_path: session.agent.rig.path(DESIGN)}},
    {run: APPROVE},
    {say: 'It says little. Do you approve?'},
  ]);
  expect(shown.heard[1]).toContain(DESIGN);
  expect(shown.heard[2]).toContain('# architecture.md, attempt 1');
  expect(shown).toMatchObject({result: 'It says little. Do you approve?', denied: [APPROVE]});

  const approved = await session.say('Yes.', [{run: APPROVE}, {say: '/milestone:resume demo goes on.'}], [APPROVE]);
  expect(approved).toMatchObject({denied: [], heard: ['Yes.', expect.stringContaining('is approved')]});
}

/** The rest needs nobody. */
async function goOnToTheEnd(session: Session): Promise<void> {
  const said = session.say('/milestone:resume demo', [{run: RESUME}, ...inBackground, {say: 'It is done.'}]);
  const announcing = await session.announcement.nextRun();
  await session.isFollowing();
  await announcing.exit();
  const completed = await said;
  expect(completed).toMatchObject({result: 'It is done.', denied: []});
  expect(completed.heard.at(-1)).toContain('**completed**');
}

describeAgent('claude', () => {
  test.each(['/milestone:execute', '/milestone/execute'])(
    '%s brings a question and an approval to the user, and the answers back',
    async command => {
      await using session = await Session.create();
      const {rig, server} = session.agent;
      await carryAnswer(session, command);
      await carryApproval(session);
      await goOnToTheEnd(session);

      expect(await rig.status('demo')).toMatchObject({status: 'completed'});
      expect(rig.git('show', 'milestone/demo:greeting.txt')).toBe('hello');
      const nested = server.requests.filter(isNested);
      expect(nested.at(-1)!.heard).toContain('English, please');
      expect(new Set(nested.map(({conversation}) => conversation)).size).toBe(1);
      expect(new Set(server.requests.map(({conversation}) => conversation)).size).toBe(2);
      await rig.untilNoProcessLeft();
    },
  );

  test.each(['SIGINT', 'SIGHUP'] as const)('an execution outlives a session that ends by %s', async signal => {
    await using session = await Session.create();
    const {rig} = session.agent;
    const {announcement} = session;
    await rig.writeMilestone('demo', [{id: 'announce', run: announcement.shell}]);
    const program = session.start('/milestone:execute demo', [{run: START}, ...inBackground, {say: 'It is done.'}]);
    const announcing = await announcement.nextRun();
    await session.isFollowing();
    program.kill(signal);
    await program;
    expect(announcement.running).toHaveLength(1);
    await announcing.exit();
    await rig.waitForEvent('demo', 'milestone_completed');
    await rig.untilNoProcessLeft();
  });
});
