import {MilestoneError} from '../errors.ts';
import type {Execution} from '../execution/execution.ts';
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
  tick(execution: Execution): void {
    const {workspace, clock} = execution;
    const {settings} = execution.inForce;
    const {state} = execution.ledger;
    const {sync} = settings.git;
    if (sync === 'off' || !workspace.integration || !execution.repo) return;
    const now = clock.elapsed();
    this.fetchAt ??= now + restMs(execution);
    const isDue = now >= this.fetchAt;
    // What an earlier session has integrated and could not push goes as well; each round is one try.
    const {head, activation, counts} = state;
    const round = `${head} ${counts.completed}`;
    const isPushed = head === undefined || head === this.pushed || head === activation?.base;
    const hasNews = sync === 'push' && !isPushed && round !== this.tried;
    if (!isDue && !hasNews) return;
    if (isDue) this.fetchAt = now + restMs(execution);
    this.tried = round;
    execution.jobs.start('sync', () => this.sync(execution, isDue));
  }

  private async sync(execution: Execution, fetches: boolean): Promise<void> {
    try {
      const remote = await this.remote(execution);
      if (remote === undefined) return this.warn(execution, 'there is no remote that the branch belongs to');
      if (fetches) await this.fetch(execution, remote);
      if (execution.inForce.settings.git.sync === 'push') await this.push(execution, remote);
      this.trouble = undefined;
    } catch (error) {
      if (!(error instanceof MilestoneError && error.code === 'GIT_FAILED')) throw error;
      this.warn(execution, error.message);
    }
  }

  private remote({
    ledger: {state},
    repo,
    workspace,
  }: Pick<Execution, 'ledger' | 'repo' | 'workspace'>): Promise<string | undefined> {
    if (!repo || !workspace.integration) return Promise.resolve(undefined);
    return remoteOf(repo, workspace.integration.branch, state.activation?.baseName);
  }

  private async fetch(
    execution: Pick<Execution, 'attempts' | 'clock' | 'ledger' | 'repo' | 'workspace'>,
    remote: string,
  ): Promise<void> {
    const head = await headOf(execution);
    if (head === undefined) return;
    const {branch} = head;
    const upstream = await fetchBranch(patientRepo(execution), {remote, branch, head: head.commit});
    execution.ledger.record({event: 'branch_synced', details: {branch, remote, action: 'fetched', ...upstream}});
  }

  /** Again and again while rounds end meanwhile. */
  private async push(execution: Execution, remote: string): Promise<void> {
    for (let head = await headOf(execution); head && head.commit !== this.pushed; head = await headOf(execution)) {
      const {branch, commit} = head;
      await pushBranch(patientRepo(execution), {remote, branch, commit, hooks: execution.inForce.settings.git.hooks});
      this.pushed = commit;
      execution.ledger.record({event: 'branch_synced', details: {branch, remote, action: 'pushed', head: commit}});
    }
  }

  private warn(execution: Pick<Execution, 'inForce' | 'warn'>, trouble: string): void {
    const {git} = execution.inForce.settings;
    // Of the next round it says the same, with another commit.
    const bare = (text = '') => text.replace(/\b[0-9a-f]{7,64}\b/g, '');
    if (bare(trouble) !== bare(this.trouble))
      execution.warn(`\`git.sync: ${git.sync}\` did not work, and is tried again: ${trouble}`);
    this.trouble = trouble;
  }
}

function restMs({inForce: {settings}}: Pick<Execution, 'inForce'>): number {
  return settings.agents[NAME]?.everyMs ?? FIVE_MINUTES_MS;
}

async function headOf({
  workspace,
}: Pick<Execution, 'workspace'>): Promise<{branch: string; commit: string} | undefined> {
  const {integration} = workspace;
  const head = await integration?.readHead();
  return integration && head?.kind === 'head' ? {branch: integration.branch, commit: head.commit} : undefined;
}

/** Nobody waits for a network for ever, and a second signal does not wait at all. */
function patientRepo({repo, clock, attempts}: Pick<Execution, 'attempts' | 'clock' | 'repo'>) {
  return withPatience(repo as NonNullable<typeof repo>, {
    clock,
    timeoutMs: CONNECTION_MS,
    hurry: attempts.hurry,
  });
}
