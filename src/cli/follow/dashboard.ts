// A milestone on the whole terminal, until somebody leaves it, or the execution that it was opened for ends.
//
//   log, lock, outputs ──> LiveMilestone ──> model ──> lines ──> Screen ──> terminal
//                                              ▲                   │
//                                              └─── Ui <── keys ───┘

import fs from 'node:fs';
import {readTail} from '../../platform/attempt-log.ts';
import {systemClock} from '../../platform/clock.ts';
import type {SignalName} from '../../platform/processes/signals.ts';
import {Screen, type Terminal} from '../../terminal/dashboard/draw.ts';
import {kiroAverages, waitingApprovals} from '../../terminal/dashboard/kiro.ts';
import {dashboardLines} from '../../terminal/dashboard/lines.ts';
import {type DashboardModel, dashboardModel} from '../../terminal/dashboard/model.ts';
import type {TaskOutput} from '../../terminal/dashboard/screens.ts';
import {type Action, applyKey, type Key, type Ui} from '../../terminal/dashboard/ui.ts';
import type {Paint} from '../../terminal/paint.ts';
import {printable} from '../../terminal/printable.ts';
import type {LiveMilestone} from './live-milestone.ts';

/** The executor that was started for a dashboard. */
export interface OwnExecutor {
  signal(name: SignalName): void;
}

export interface DashboardOptions {
  live: LiveMilestone;
  /** Absent where one only watches. */
  own?: OwnExecutor;
  /** Ends the dashboard. */
  until: Promise<unknown>;
  terminal: Terminal;
  paint: Paint;
  /** Have the executor start nothing more. Rejects with what keeps it from that. */
  pause(): Promise<void>;
}

/** `ended`: what it was to last for did. */
export type DashboardEnd = 'left' | 'interrupted' | 'ended';

/** Ages are in seconds. */
const TICK_MS = 1_000;
/** What is printed may be read along. */
const OUTPUT_TICK_MS = 250;
const FRAME_MS = 125;
const TAIL_BYTES = 64 * 1024;

/**
 * Show a milestone until it is left. Gives the terminal back, however it ends.
 * @throws {MilestoneError} when its log cannot be read any more.
 */
export async function showDashboard(options: DashboardOptions): Promise<DashboardEnd> {
  return new Dashboard(options).run();
}

class Dashboard {
  private readonly screen: Screen;
  private ui: Ui = {screen: 'overview'};
  private model: DashboardModel;
  private readonly over = new AbortController();
  private nap = new AbortController();
  private polledAt = Number.NEGATIVE_INFINITY;
  private lastSigns: ReturnType<LiveMilestone['lastSigns']> = new Map();

  constructor(private readonly options: DashboardOptions) {
    this.model = this.currentModel();
    this.screen = new Screen(
      options.terminal,
      key => this.press(key),
      () => this.wake(),
    );
  }

  async run(): Promise<DashboardEnd> {
    const {live, until} = this.options;
    const {signal} = this.over;
    void until.then(() => this.end('ended'));
    this.screen.open();
    const following = live.follow(signal, () => this.wake()).catch(error => this.over.abort(error));
    try {
      await this.redraw();
    } finally {
      this.over.abort();
      await following;
      this.screen.close();
    }
    if (signal.reason instanceof Error) throw signal.reason;
    return signal.reason;
  }

  private press(key: Key): void {
    const {ui, action} = applyKey(this.ui, key, this.model);
    this.ui = ui;
    if (action) this.act(action);
    this.wake();
  }

  /** Something has changed. */
  private wake(): void {
    this.nap.abort();
  }

  private end(how: DashboardEnd): void {
    this.over.abort(how);
    this.wake();
  }

  /** At most a frame each `FRAME_MS`, and that only for a change, or when ages have grown. */
  private async redraw(): Promise<void> {
    const {signal} = this.over;
    while (!signal.aborted) {
      this.nap = new AbortController();
      this.draw();
      await systemClock.sleep(FRAME_MS, signal).catch(ignore);
      await systemClock.sleep(this.ui.screen === 'output' ? OUTPUT_TICK_MS : TICK_MS, this.nap.signal).catch(ignore);
    }
  }

  private draw(): void {
    this.model = this.currentModel();
    const {own, paint} = this.options;
    const shown = {isOwner: own !== undefined, output: this.ui.screen === 'output' ? this.output() : undefined};
    this.screen.draw(dashboardLines(this.model, this.ui, this.screen.size, shown, paint));
  }

  private currentModel(): DashboardModel {
    const {live} = this.options;
    const now = systemClock.now();
    if (systemClock.elapsed() - this.polledAt >= TICK_MS) {
      this.polledAt = systemClock.elapsed();
      live.poll();
      this.lastSigns = live.lastSigns();
    }
    const {state} = live;
    const {session} = state;
    return dashboardModel({
      report: live.report(),
      now,
      session: session && {
        startedAt: session.startedAt,
        ...(session.ended && {endedAt: session.ended.at}),
      },
      lastSigns: this.lastSigns,
      kiro: kiroAverages(state),
      approvals: waitingApprovals(state),
    });
  }

  private output(): TaskOutput | undefined {
    const {live} = this.options;
    const {selected: task = ''} = this.ui;
    const attempt = live.state.tasks.get(task)?.history.attempts ?? 0;
    const file = live.outputFile(task, attempt);
    return attempt > 0 && fs.existsSync(file) ? {task, attempt, text: readTail(file, TAIL_BYTES)} : undefined;
  }

  private act(action: Action): void {
    const {own} = this.options;
    if (action === 'pause') void this.pause();
    else if (action === 'leave') this.end('left');
    else if (!own) this.end('interrupted');
    else {
      own.signal('SIGINT');
      this.say('stopping, and saving what runs; Ctrl-C within 5 s once more: at once');
    }
  }

  private async pause(): Promise<void> {
    if (!this.model.isExecuted) return this.say('nobody works on it');
    this.say('pausing …');
    await this.options.pause().then(
      () => this.say('paused: what runs is finished, nothing more is started'),
      error => this.say(`cannot be paused: ${error instanceof Error ? error.message : error}`),
    );
  }

  private say(notice: string): void {
    this.ui = {...this.ui, notice: printable(notice)};
    this.wake();
  }
}

function ignore(): void {}
