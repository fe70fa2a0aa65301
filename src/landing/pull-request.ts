// A milestone goes to a remote, and whoever reviews it there is asked to take it.

import {MilestoneError} from '../errors.ts';
import {commitTree} from '../git/commit.ts';
import {git, type Repository} from '../git/git.ts';
import {isAncestor, milestoneBranch} from '../git/refs.ts';
import {fetchBranch, pushBranch, remoteOf} from '../git/sync.ts';
import {readCommit} from '../git/task-commits.ts';
import {type CommandOptions, hold} from '../milestone/hold.ts';
import type {MilestoneId} from '../plan/plan.ts';
import {resolveMilestoneSettings} from '../plan/settings.ts';
import {findProgram} from '../platform/processes/find-program.ts';
import {shellWord} from '../platform/shell-word.ts';
import type {MilestoneState} from '../state/milestone.ts';
import {joinRecord, mergedTree} from './join.ts';
import {isNews, type Landed, type LandOptions, planOf, reportOf} from './land.ts';
import {assertBranch, landable, withoutGit} from './landable.ts';
import {recordMessage} from './landing-messages.ts';
import {addRecord} from './record-files.ts';
import type {WouldLand} from './rehearse-landing.ts';
import {findTarget, landedIn, type Target} from './target.ts';

export interface PullRequestOptions extends CommandOptions, Pick<LandOptions, 'into' | 'partial' | 'record'> {
  /** What it says, as Markdown. */
  body(): Promise<string>;
}

export interface PullRequest {
  remote: string;
  /** At the remote. */
  branch: string;
  into: string;
  commit: string;
  /** What the home has of the milestone is in it, and so in the way of a `git pull` once it is merged. */
  recorded: boolean;
  /** Where it can be seen, as far as the program that opened it said so. */
  url?: string;
  /** What opens it; typed by a person where no program does. */
  commands: string[];
  opened: boolean;
}

/**
 * Push a milestone and open a pull request, or say which commands do. Where the branch has the work but not the record, that
 * goes alone.
 * @returns How it got there, when the branch has all of it already.
 * @throws {MilestoneError} as `land`; `WRONG_STATUS` without a remote, or when that has commits that are not here;
 * `TOOL_FAILED` when the program that opens it fails.
 */
export async function openPullRequest(options: PullRequestOptions): Promise<{request: PullRequest} | {landed: Landed}> {
  return hold({...options, purpose: 'command'}, async held => {
    const {state, repo, read} = held;
    const head = repo && (await landable(repo, state, options));
    if (!repo || head === undefined) throw withoutGit(state);
    const target = await findTarget(repo, state, options.into);
    const there = await landedIn(repo, state, head, target);
    const plan = there && planOf(held, there);
    if (there && isNews(state, there)) await held.record([{event: 'milestone_landed', details: there}]);
    if (there && !(options.record && (await joinRecord(repo, state, there, target, plan))))
      return {landed: {...reportOf(state, there, []), already: true}};
    if (!there) {
      await assertBranch(repo, state);
      await mergedTree(repo, state, {head, target});
    }
    const branch = milestoneBranch(state.id);
    const remote = await remoteFor(repo, state, target);
    const onto = there ? target.commit : head;
    const commit = await commitToPush(repo, state, {head, onto, plan, remote, branch, record: options.record});
    const {hooks} = resolveMilestoneSettings(state.plan.settings, read.config.settings).git;
    await pushBranch(repo, {remote, branch, commit, hooks});
    const pushed = {remote, branch, into: target.into, commit, recorded: commit !== onto};
    const tool = await toolOf(repo, remote, options.callerEnv.PATH);
    const title = state.plan.title;
    const commands = commandsOf(state.id, {target, branch, title, tool: tool?.name ?? 'gh'});
    if (!tool) return {request: {...pushed, commands, opened: false}};
    const url = await open(tool, {repo, target, branch, title, body: await options.body(), commands});
    return {request: {...pushed, commands, opened: true, ...(url !== undefined && {url})}};
  });
}

/**
 * Say what opening a pull request would do. Changes nothing, and asks no remote.
 * @throws {MilestoneError} what keeps it from being opened, as far as it can be seen here.
 */
export async function rehearsePullRequest(
  repo: Repository,
  state: MilestoneState,
  {into, partial, record}: Pick<LandOptions, 'into' | 'partial' | 'record'>,
): Promise<WouldLand> {
  const head = await landable(repo, state, {partial});
  if (head === undefined) throw withoutGit(state);
  const target = await findTarget(repo, state, into);
  const tasks = reportOf(state, {...target, kind: 'merge'}, []).tasks;
  const would = {into: target.into, onto: target.commit, head, kind: 'merge' as const, tasks, checks: []};
  const there = await landedIn(repo, state, head, target);
  if (there && !(record && (await joinRecord(repo, state, there, target)))) return {...would, already: true};
  if (!there) {
    await assertBranch(repo, state);
    await mergedTree(repo, state, {head, target});
  }
  const remote = await remoteFor(repo, state, target);
  return {...would, already: false, pull_request: {remote, branch: milestoneBranch(state.id)}};
}

/** @throws {MilestoneError} `WRONG_STATUS` */
async function remoteFor(repo: Repository, {id}: MilestoneState, {into}: Target): Promise<string> {
  const remote = await remoteOf(repo, milestoneBranch(id), into);
  if (remote !== undefined) return remote;
  throw new MilestoneError('WRONG_STATUS', 'there is no remote to push to', {
    hint: `\`git remote add origin <url>\`, or \`milestone land ${id}\` without --pr`,
  });
}

interface Push {
  /** The milestone's last commit. */
  head: string;
  /** What the record goes onto: that commit, or the branch that has it already. */
  onto: string;
  /** Text of the plan, where it is to say something else than on disk. */
  plan: string | undefined;
  remote: string;
  branch: string;
  record: boolean;
}

/**
 * A commit with the milestone's record on top. What the remote has of it stays below: it moves forward only, and gets
 * nothing twice.
 */
async function commitToPush(repo: Repository, state: MilestoneState, push: Push): Promise<string> {
  const {onto, plan, record} = push;
  const {tree: own} = await readCommit(repo, onto);
  const tree = record ? await addRecord(repo, own, state.id, plan) : own;
  const there = (await fetchBranch(repo, push))?.head;
  const isBehind = there === undefined || (await isAncestor(repo, there, onto));
  if (isBehind && tree === own) return onto;
  const next = (parents: string[]) => commitTree(repo, {tree, parents, message: recordMessage(state)});
  if (isBehind) return next([onto]);
  await assertOwn(repo, state, {...push, there});
  const isSame = (await isAncestor(repo, onto, there)) && (await readCommit(repo, there)).tree === tree;
  return isSame ? there : next([there, onto]);
}

/** @throws {MilestoneError} `WRONG_STATUS`: what somebody else has pushed there would be lost. */
async function assertOwn(
  repo: Repository,
  state: MilestoneState,
  {head, onto, there, remote, branch}: Push & {there: string},
): Promise<void> {
  const own = recordMessage(state).split('\n')[0];
  const subjects = await git(repo, ['log', '--format=%s', '--end-of-options', there, `^${head}`, `^${onto}`]);
  if (subjects.split('\n').every(subject => subject === '' || subject === own)) return;
  throw new MilestoneError('WRONG_STATUS', `\`${remote}\` has commits on \`${branch}\` that are not here`, {
    hint: `\`git fetch ${remote} ${branch}\` and merge them into \`${branch}\``,
  });
}

interface Tool {
  name: 'gh' | 'glab';
  file: string;
}

/** The program that knows the remote; where nothing tells, one that is there. */
async function toolOf(repo: Repository, remote: string, searchPath: string | undefined): Promise<Tool | undefined> {
  const url = await git(repo, ['remote', 'get-url', '--', remote], {accept: [2, 128]});
  const names = /gitlab/i.test(url)
    ? ['glab' as const]
    : /github/i.test(url)
      ? ['gh' as const]
      : ['gh' as const, 'glab' as const];
  const found = names.map(name => ({name, file: findProgram(name, searchPath)})).find(({file}) => file !== undefined);
  return found as Tool | undefined;
}

interface Request {
  target: Target;
  branch: string;
  title: string;
}

function commandsOf(id: MilestoneId, {target, branch, title, tool}: Request & {tool: Tool['name']}): string[] {
  const named = [target.into, branch, title].map(shellWord);
  const create =
    tool === 'gh'
      ? `gh pr create --base ${named[0]} --head ${named[1]} --title ${named[2]} --body-file report.md`
      : `glab mr create --target-branch ${named[0]} --source-branch ${named[1]} --title ${named[2]} --description "$(cat report.md)"`;
  return [`milestone report ${id} --format md > report.md`, create];
}

/** More is not taken by those who show it. */
const LONGEST_BODY = 60_000;

/** @returns Where it can be seen. */
async function open(
  {name, file}: Tool,
  {repo, target, branch, title, body, commands}: Request & {repo: Repository; body: string; commands: string[]},
): Promise<string | undefined> {
  const text = body.length > LONGEST_BODY ? `${body.slice(0, LONGEST_BODY)}\n…\n` : body;
  const args =
    name === 'gh'
      ? ['pr', 'create', '--base', target.into, '--head', branch, '--title', title, '--body-file', '-']
      : ['mr', 'create', '--target-branch', target.into, '--source-branch', branch, '--title', title];
  const {execa} = await import('execa');
  const ended = await execa(file, name === 'gh' ? args : [...args, '--description', text, '--yes'], {
    cwd: repo.topLevel,
    env: {GH_PROMPT_DISABLED: '1', NO_PROMPT: '1'},
    input: name === 'gh' ? text : '',
    reject: false,
  });
  const said = `${ended.stdout}\n${ended.stderr}`;
  const url = /https?:\/\/\S+/.exec(said)?.[0];
  // One that was opened before shows what was pushed just now.
  if (ended.exitCode === 0 || /already exists/i.test(said)) return url;
  const why = said.trim().split('\n').at(-1) || ended.shortMessage;
  throw new MilestoneError('TOOL_FAILED', `\`${branch}\` is pushed, but \`${name}\` opens no pull request: ${why}`, {
    hint: commands.map(command => `\`${command}\``).join(', then '),
  });
}
