import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {Repository} from '../../src/git/git.ts';
import {openRepository} from '../../src/git/repository.ts';
import {slotFolder, slotLink, slotPool, slotsInPools} from '../../src/git/slot-folders.ts';
import type {Clock} from '../../src/platform/clock.ts';
import type {SlotKeeper} from '../../src/workspace/slots/keep-slot.ts';
import {prepareSlot, type SlotWish} from '../../src/workspace/slots/prepare-slot.ts';
import {removeSlots} from '../../src/workspace/slots/remove-slots.ts';

export const ID = 'release';

/** A clock that stands at one moment; sleeping takes no time. */
const fixedClock: Clock = {
  now: () => Date.UTC(2026, 10, 23, 10, 0, 0),
  elapsed: () => 0,
  sleep: () => Promise.resolve(),
  alarm: () => () => {},
};

interface GitRigOptions {
  /** Whether to start with a commit of `readme` and `src/a` (default). */
  commit?: boolean;
  /** More arguments for `git init`. */
  init?: string[];
  /** False: git does not know whose commits they are. */
  identity?: boolean;
}

/** Folder of the usual repository, once there is one. */
let usual: string | undefined;

/** A temporary repository in an environment of its own: no settings but the test's, state beside it, removed at the end. */
export class GitRig {
  readonly repo: string;
  /** Refs at which something was kept that was no attempt's. */
  readonly kept: string[] = [];

  private constructor(
    readonly folder: string,
    readonly env: NodeJS.ProcessEnv,
  ) {
    this.repo = path.join(folder, 'project');
  }

  static create(options: GitRigOptions = {}): GitRig {
    return Object.keys(options).length === 0 ? GitRig.#usual() : GitRig.#make(options);
  }

  /** The usual repository. It is made once and copied from then on: that takes one git in place of six. */
  static #usual(): GitRig {
    if (usual === undefined) {
      const {folder, repo} = GitRig.#make({});
      for (const name of fs.readdirSync(path.join(repo, '.git/hooks'))) fs.rmSync(path.join(repo, '.git/hooks', name)); // samples
      process.once('exit', () => fs.rmSync(folder, {recursive: true, force: true}));
      usual = folder;
    }
    const rig = GitRig.#empty();
    fs.cpSync(usual, rig.folder, {recursive: true, preserveTimestamps: true});
    rig.git('update-index', '--refresh');
    return rig;
  }

  static #empty(): GitRig {
    const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'milestone-git-')));
    return new GitRig(folder, {PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1'});
  }

  static #make({commit = true, init = [], identity = true}: GitRigOptions): GitRig {
    const rig = GitRig.#empty();
    const {folder} = rig;
    rig.run(folder, 'init', '--quiet', '--initial-branch=main', ...init, rig.repo);
    if (identity) rig.configure({'user.name': 'Ada', 'user.email': 'ada@example.com'});
    if (commit) rig.commit({readme: 'hello\n', 'src/a': 'a\n'});
    return rig;
  }

  /** Run git as the user would. */
  git(...args: string[]): string {
    return this.run(this.repo, ...args);
  }

  run(cwd: string, ...args: string[]): string {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    return execFileSync('git', args, {cwd, env: this.env, encoding: 'utf8', stdio}).trimEnd();
  }

  configure(settings: Record<string, string>): void {
    for (const [key, value] of Object.entries(settings)) this.git('config', key, value);
  }

  /** Commit files as the user would; hooks and signing play no part. */
  commit(files: Record<string, string>, folder = this.repo): string {
    this.write(folder, files);
    this.run(folder, 'add', '--all', '--force');
    this.run(folder, '-c', 'commit.gpgSign=false', 'commit', '--quiet', '--no-verify', '--allow-empty', '-m', 'work');
    return this.run(folder, 'rev-parse', 'HEAD');
  }

  write(folder: string, files: Record<string, string>): void {
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), {recursive: true});
      fs.writeFileSync(path.join(folder, name), content);
    }
  }

  async open(folder = this.repo): Promise<Repository> {
    return (await openRepository(folder, this.env))!;
  }

  keeper(slot = 0): SlotKeeper {
    return {id: ID, slot, clock: fixedClock, onKept: ref => this.kept.push(ref)};
  }

  /** Remove all slots; the warnings. */
  removeSlots(repo: Repository): Promise<string[]> {
    const pool = slotPool(repo, undefined, ID);
    return removeSlots(repo, slotsInPools(repo), {pools: [pool], keeperOf: number => this.keeper(number)});
  }

  /** Where what was in the way of a slot is put. */
  stray(folder: string): string {
    return `${slotLink(folder)}.stray-20261123T100000Z`;
  }

  wish(repo: Repository, commit: string, more: Partial<SlotWish> = {}): SlotWish {
    const home = path.join(repo.topLevel, repo.prefix, '.milestones');
    return {folder: slotFolder(repo, undefined, ID, 0), commit, home, keeper: this.keeper(), ...more};
  }

  /** A slot at a commit (default: the head). */
  async slot(repo: Repository, commit = this.git('rev-parse', 'HEAD'), more: Partial<SlotWish> = {}) {
    return (await prepareSlot(repo, this.wish(repo, commit, more))).slot;
  }

  /** What a commit or tree has: content by path. */
  contents(tree: string): Record<string, string> {
    const names = this.git('ls-tree', '-r', '-z', '--name-only', tree).split('\0').filter(Boolean);
    return Object.fromEntries(names.map(name => [name, this.git('cat-file', 'blob', `${tree}:${name}`)]));
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.folder, {recursive: true, force: true});
  }
}
