import {MilestoneError} from '../errors.ts';
import type {Execution} from '../execution/execution.ts';
import {type Repository, withPatience} from '../git/git.ts';
import {fetchBranch, pushBranch, remoteOf} from '../git/sync.ts';
import type {Branch} from '../workspace/workspace.ts';

const NAME = 'git-integration';
const FIVE_MINUTES_MS = 300_000;
/** For each call of git that talks to a remote. */
const CONNECTION_MS = 60_000;

type Synced = Pick<Execution, 'ledger' | 'inForce' | 'workspace' | 'repo' | 'attempts' | 'jobs' | 'clock' | 'warn'>;

/** Keeps the milestone's branch and its upstream in step, as far as `git.sync` allows. */
export class BranchSync {
  private fetchAt: number | undefined;
  /** The head that the remote is known to have. */
  private pushed: string | undefined;
  /** The round after which it was last tried. */
  private tried: string | undefined;
  /** What went wrong last; it is said once. */
  private trouble: string | undefined;

  constructor(private readonly execution: Synced) {}

  /** Start what is due. */
  tick(): void {
    const {ledger, inForce, workspace, repo, jobs, clock} = this.execution;
    const {sync} = inForce.settings.git;
    if (sync === 'off' || !workspace.branch || !repo) return;
    const now = clock.elapsed();
    this.fetchAt ??= now + this.everyMs;
    const isDue = now >= this.fetchAt;
    // What an earlier session has integrated and could not push goes as well; each round is one try.
    const {head, activation, counts} = ledger.state;
    const round = `${head} ${counts.completed}`;
    const isPushed = head === undefined || head === this.pushed || head === activation?.base;
    const hasNews = sync === 'push' && !isPushed && round !== this.tried;
    if (!isDue && !hasNews) return;
    if (isDue) this.fetchAt = now + this.everyMs;
    this.tried = round;
    const {branch} = workspace;
    jobs.start('sync', () => this.sync(repo, branch, isDue));
  }

  private get everyMs(): number {
    return this.execution.inForce.settings.agents[NAME]?.everyMs ?? FIVE_MINUTES_MS;
  }

  private async sync(repo: Repository, branch: Branch, fetches: boolean): Promise<void> {
    const {inForce, ledger} = this.execution;
    const {name} = branch;
    try {
      const remote = await remoteOf(repo, name, ledger.state.activation?.baseName);
      if (remote === undefined) return this.warn('there is no remote that the branch belongs to');
      const to = {repo: this.patient(repo), branch: name, remote, head: () => headOf(branch)};
      if (fetches) await this.fetch(to);
      if (inForce.settings.git.sync === 'push') await this.push(to);
      this.trouble = undefined;
    } catch (error) {
      if (!(error instanceof MilestoneError && error.code === 'GIT_FAILED')) throw error;
      this.warn(error.message);
    }
  }

  private async fetch({repo, branch, remote, head: readHead}: Upstream): Promise<void> {
    const head = await readHead();
    if (head === undefined) return;
    const upstream = await fetchBranch(repo, {remote, branch, head});
    this.execution.ledger.record({
      event: 'branch_synced',
      details: {branch, remote, action: 'fetched', ...upstream},
    });
  }

  /** Again and again while rounds end meanwhile. */
  private async push({repo, branch, remote, head: readHead}: Upstream): Promise<void> {
    const {inForce, ledger} = this.execution;
    for (let head = await readHead(); head !== undefined && head !== this.pushed; head = await readHead()) {
      await pushBranch(repo, {remote, branch, commit: head, hooks: inForce.settings.git.hooks});
      this.pushed = head;
      ledger.record({event: 'branch_synced', details: {branch, remote, action: 'pushed', head}});
    }
  }

  private warn(trouble: string): void {
    const {sync} = this.execution.inForce.settings.git;
    // Of the next round it says the same, with another commit.
    const bare = (text = '') => text.replace(/\b[0-9a-f]{7,64}\b/g, '');
    if (bare(trouble) !== bare(this.trouble))
      this.execution.warn(`\`git.sync: ${sync}\` did not work, and is tried again: ${trouble}`);
    this.trouble = trouble;
  }

  /** Nobody waits for a network for ever, and a second signal does not wait at all. */
  private patient(repo: Repository): Repository {
    const {clock, attempts} = this.execution;
    return withPatience(repo, {clock, timeoutMs: CONNECTION_MS, hurry: attempts.hurry});
  }
}

/** A branch, and what it is to be in step with. */
interface Upstream {
  repo: Repository;
  branch: string;
  remote: string;
  /** Undefined while the branch is not what it was. */
  head(): Promise<string | undefined>;
}

async function headOf(branch: Branch): Promise<string | undefined> {
  const head = await branch.head();
  return head.kind === 'head' ? head.commit : undefined;
}
