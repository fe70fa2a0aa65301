import fs from 'node:fs';
import {LOG_START} from '../../events/log-position.ts';
import {LogReader} from '../../events/read-log.ts';
import {isAtWork} from '../../lock/lock-holder.ts';
import type {MilestoneView} from '../../milestone/look.ts';
import type {HomePaths} from '../../plan/file/home.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import {HistoryReader, type MilestoneHistory} from '../../reports/morning/attempt-history.ts';

interface Followed {
  /** Of the file: another one in its place is read from its beginning. */
  inode: number;
  log: LogReader;
  history: HistoryReader;
}

/** What logs tell, of which only what is new is read: a page is asked for again and again. */
export class FollowedHistories {
  readonly #followed = new Map<MilestoneId, Followed>();

  constructor(private readonly paths: HomePaths) {}

  /**
   * As `historyOf`; it holds until it is asked for again.
   * @throws {MilestoneError} `LOG_CORRUPT`, `IO_FAILED`.
   */
  of({id, origin, executor}: MilestoneView, now: number): MilestoneHistory | undefined {
    if (origin !== 'log') return undefined;
    const file = this.paths.log(id);
    const followed = this.#of(id, file);
    try {
      for (const {event} of followed.log) followed.history.add(event);
    } catch (error) {
      this.#followed.delete(id);
      throw error;
    }
    return followed.history.history(now, isAtWork(executor.who));
  }

  #of(id: MilestoneId, file: string): Followed {
    const {ino: inode = 0, size = 0} = fs.statSync(file, {throwIfNoEntry: false}) ?? {};
    const known = this.#followed.get(id);
    if (known && known.inode === inode && known.log.position.offset <= size) return known;
    const fresh = {inode, log: new LogReader(file, LOG_START), history: new HistoryReader(id)};
    this.#followed.set(id, fresh);
    return fresh;
  }
}
