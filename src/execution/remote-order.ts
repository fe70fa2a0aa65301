import type {Repository} from '../git/git.ts';
import {version} from '../platform/version.ts';
import {type AnyOrder, type JobRef, PROTOCOL, type RemoteCommit} from '../workers/port.ts';
import type {RemoteWork} from '../workers/remote-work.ts';
import type {InForce} from './in-force.ts';
import type {Ledger} from './ledger.ts';

export interface OrderParts {
  ledger: Ledger;
  inForce: InForce;
  remote: RemoteWork;
  repo: Repository;
}

/** What a worker has to know of whatever it is sent. @throws {MilestoneError} `NO_WORKERS`, `GIT_FAILED` */
export async function remoteOrder(
  {ledger: {state}, inForce: {settings}, remote, repo}: OrderParts,
  {job, queue}: JobRef,
  base: RemoteCommit,
): Promise<AnyOrder> {
  const {setup, setup_when, fresh} = settings.workspace;
  return {
    protocol: PROTOCOL,
    version,
    job,
    queue,
    execution: state.activation?.executionId ?? '',
    milestone: state.id,
    remote: await remote.address(),
    objectFormat: repo.objectFormat,
    repository: repo.topLevel.split('/').at(-1) ?? '',
    prefix: repo.prefix,
    base,
    env: settings.env,
    envDeny: settings.envDeny,
    workspace: {...(setup !== undefined && {setup}), ...(setup_when && {setup_when}), fresh: fresh ?? false},
    verify: {timeoutMs: settings.verifyTimeoutMs, retries: settings.verifyRetries},
  };
}
