import fs from 'node:fs';
import path from 'node:path';
import {LOG_START, type LogPosition} from '../../events/log-position.ts';
import {readLog} from '../../events/read-log.ts';
import {findPlan, knownMilestones} from '../../milestone/find-milestone.ts';
import {look, type MilestoneView} from '../../milestone/look.ts';
import {findHome, type HomePaths, homePaths} from '../../plan/file/home.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import {systemClock} from '../../platform/clock.ts';
import {readIfExists} from '../../platform/files.ts';
import {print} from '../../platform/print.ts';
import {TOKEN_VARIABLE} from '../../platform/processes/tokens.ts';
import {type AttentionReport, attentionReport} from '../../reports/morning/attention.ts';
import {type Since, whatHappened} from '../../reports/morning/since.ts';
import {statusReport} from '../../reports/status-report.ts';
import {afterCompletion} from '../../reports/what-next.ts';
import {attentionText} from '../../terminal/attention-text.ts';
import {choosePaint} from '../../terminal/paint.ts';
import type {AttentionFormat} from '../attention-format.ts';
import {chooseMilestone, lastExecuted} from '../choose-milestone.ts';
import {statusFacts} from '../status-facts.ts';
import {unlessSeveral} from './status.ts';

/** Where nothing is, what one begins with. */
const BEGIN = ['milestone init', 'milestone new <id>', 'milestone execute <id>'];
const BEGIN_TEXT = `there are no milestones here; \`milestone init\` makes a home for them, with an example
\`milestone new <id>\` writes a plan: tasks, what each waits for, what checks it
\`milestone execute <id>\` carries it out; \`milestone --help\` shows all there is
`;

/** `milestone` alone: what matters of the one that is meant; of several, a line each. */
export async function attention(format: AttentionFormat): Promise<void> {
  const home = findHome(process.cwd());
  const paths = home === undefined ? undefined : homePaths(home);
  if (!paths || knownMilestones(paths).length === 0)
    return print(format === 'json' ? answer({attention: null, begin: BEGIN}) : BEGIN_TEXT);
  const shown = (await justOver(paths)) ?? (await current(paths));
  if (shown === undefined) {
    const {activeOf, listActive} = await import('./list.ts');
    return format === 'json' ? print(answer({attention: null, ...(await activeOf(paths))})) : listActive(paths);
  }
  print(await render(shown.report, format));
  // A program looks all the time, and says nothing of what a person has seen.
  if (format !== 'json' && process.env[TOKEN_VARIABLE] === undefined) noteVisit(paths, shown.view);
}

interface Shown {
  view: MilestoneView;
  report: AttentionReport;
}

/** The milestone that was executed last, where it is completed, and has not landed or was not looked at since. */
async function justOver(paths: HomePaths): Promise<Shown | undefined> {
  const id = lastExecuted(paths);
  if (id === undefined || findPlan(paths, id) !== paths.completed(id)) return undefined;
  const shown = await lookAt(paths, id);
  const isSeen = readVisit(paths.visit(id))?.position.offset === shown.view.position.offset;
  return shown.report.commands.length > 0 || !isSeen ? shown : undefined;
}

/** The one that is meant when none is named; undefined where several could be. */
async function current(paths: HomePaths): Promise<Shown | undefined> {
  const id = unlessSeveral(() => chooseMilestone(paths, undefined), false);
  return id === undefined ? undefined : lookAt(paths, id);
}

async function lookAt(paths: HomePaths, id: MilestoneId): Promise<Shown> {
  const view = await look(paths, id);
  const status = statusReport(view, await statusFacts(paths, view));
  const commands = afterCompletion(status, view.snapshot.stored);
  const active = knownMilestones(paths).filter(({folder}) => folder === 'active');
  const alsoActive = active.flatMap(other => (other.id === id ? [] : other.id));
  return {view, report: attentionReport(status, {since: sinceLastVisit(paths, view), commands, alsoActive})};
}

async function render(report: AttentionReport, format: AttentionFormat): Promise<string> {
  if (format === 'json') return answer({attention: report});
  if (format === 'text') return attentionText(report, systemClock.now(), await choosePaint());
  return (await import('../../terminal/report/attention-markdown.ts')).attentionMarkdown(report);
}

function answer(found: object): string {
  return `${JSON.stringify({ok: true, ...found})}\n`;
}

/** Where the log ended at the last look. */
interface Visit {
  at: string;
  position: LogPosition;
}

function sinceLastVisit(paths: HomePaths, {id, origin}: MilestoneView): Since | null {
  if (origin !== 'log') return null;
  const last = readVisit(paths.visit(id));
  try {
    return whatHappened(eventsAfter(paths.log(id), last?.position), last?.at ?? null);
  } catch {
    // Another log has taken its place since: what it says of itself is all there is.
    return null;
  }
}

function* eventsAfter(file: string, position: LogPosition = LOG_START) {
  for (const {event} of readLog(file, {from: position})) yield event;
}

/** Anything wrong with it means that nobody has looked. */
function readVisit(file: string): Visit | undefined {
  try {
    const {at, position} = JSON.parse(readIfExists(file) ?? '');
    const isWhole = typeof at === 'string' && [position.seq, position.offset].every(Number.isSafeInteger);
    return isWhole ? {at, position} : undefined;
  } catch {
    return undefined;
  }
}

/** Whoever cannot write the home has looked all the same. */
function noteVisit(paths: HomePaths, {id, position, origin}: MilestoneView): void {
  if (origin !== 'log') return;
  const seen: Visit = {at: new Date(systemClock.now()).toISOString(), position};
  try {
    fs.mkdirSync(path.dirname(paths.visit(id)), {recursive: true});
    fs.writeFileSync(paths.visit(id), JSON.stringify(seen));
  } catch {}
}
