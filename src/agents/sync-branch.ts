import {MilestoneError} from '../errors.ts';
import type {ExecutionContext} from '../execution/context.ts';
import {withPatience} from '../git/git.ts';
import {fetchBranch, pushBranch, remoteOf} from '../git/sync.ts';

const NAME = 'git-integration';
const FIVE_MINUTES_MS = 300_000;
/** For each call of git that talks to a remote. */
const CONNECTION_MS = 60_000;

/** Keeps the milestone's branch and its upstream in step, as far as `git.sync` allows. */
export class BranchSync {
  private fetchAt: number | undefined;
  /** The head that the remote is known to have. */
  private pushed: string | undefined;
  /** The round after which it was last tried. */
  private tried: string | undefined;
  /** What went wrong last; it is said once. */
  private trouble: string | undefined;

  /** Start what is due. */
  tick(context: ExecutionContext): void {
    const {settings, workspace, clock, state} = context;
    const {sync} = settings.git;
    if (sync === 'off' || !workspace.integration || !context.repo) return;
    const now = clock.elapsed();
    this.fetchAt ??= now + restMs(context);
    const isDue = now >= this.fetchAt;
    // What an earlier session has integrated and could not push goes as well; each round is one try.
    const {head, activation, counts} = state;
    const round = `${head} ${counts.completed}`;
    const isPushed = head === undefined || head === this.pushed || head === activation?.base;
    const hasNews = sync === 'push' && !isPushed && round !== this.tried;
    if (!isDue && !hasNews) return;
    if (isDue) this.fetchAt = now + restMs(context);
    this.tried = round;
    context.jobs.start('sync', () => this.sync(context, isDue));
  }

  private async sync(context: ExecutionContext, fetches: boolean): Promise<void> {
    try {
      const remote = await this.remote(context);
      if (remote === undefined) return this.warn(context, 'there is no remote that the branch belongs to');
      if (fetches) await this.fetch(context, remote);
      if (context.settings.git.sync === 'push') await this.push(context, remote);
      this.trouble = undefined;
    } catch (error) {
      if (!(error instanceof MilestoneError && error.code === 'GIT_FAILED')) throw error;
      this.warn(context, error.message);
    }
  }

  private remote({state, repo, workspace}: ExecutionContext): Promise<string | undefined> {
    if (!repo || !workspace.integration) return Promise.resolve(undefined);
    return remoteOf(repo, workspace.integration.branch, state.activation?.baseName);
  }

  private async fetch(context: ExecutionContext, remote: string): Promise<void> {
    const head = await headOf(context);
    if (head === undefined) return;
    const {branch} = head;
    const upstream = await fetchBranch(patientRepo(context), {remote, branch, head: head.commit});
    context.record({event: 'branch_synced', details: {branch, remote, action: 'fetched', ...upstream}});
  }

  /** Again and again while rounds end meanwhile. */
  private async push(context: ExecutionContext, remote: string): Promise<void> {
    for (let head = await headOf(context); head && head.commit !== this.pushed; head = await headOf(context)) {
      const {branch, commit} = head;
      await pushBranch(patientRepo(context), {remote, branch, commit, hooks: context.settings.git.hooks});
      this.pushed = commit;
      context.record({event: 'branch_synced', details: {branch, remote, action: 'pushed', head: commit}});
    }
  }

  private warn(context: ExecutionContext, trouble: string): void {
    const {git} = context.settings;
    // Of the next round it says the same, with another commit.
    const bare = (text = '') => text.replace(/\b[0-9a-f]{7,64}\b/g, '');
    if (bare(trouble) !== bare(this.trouble))
      context.warn(`\`git.sync: ${git.sync}\` did not work, and is tried again: ${trouble}`);
    this.trouble = trouble;
  }
}

function restMs({settings}: ExecutionContext): number {
  return settings.agents[NAME]?.everyMs ?? FIVE_MINUTES_MS;
}

async function headOf({workspace}: ExecutionContext): Promise<{branch: string; commit: string} | undefined> {
  const {integration} = workspace;
  const head = await integration?.readHead();
  return integration && head?.kind === 'head' ? {branch: integration.branch, commit: head.commit} : undefined;
}

/** Nobody waits for a network for ever, and a second signal does not wait at all. */
function patientRepo({repo, clock, attempts}: ExecutionContext) {
  return withPatience(repo as NonNullable<typeof repo>, {
    clock,
    timeoutMs: CONNECTION_MS,
    hurry: attempts.hurry,
  });
}
