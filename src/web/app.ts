// The addresses of the page and of the JSON behind it.

import {type Context, Hono} from 'hono';
import {MilestoneError} from '../errors.ts';
import {isValidId} from '../plan/ids.ts';
import {KIRO_PHASES} from '../plan/kiro-plan.ts';
import type {KiroPhase} from '../plan/plan.ts';
import {DECISIONS, type Decision, decisionOf} from './decisions.ts';
import {followEvents, followHome} from './events.ts';
import {refuse, refuseForeign, Session} from './guard.ts';
import {logRange} from './log-range.ts';
import {addPages} from './pages.ts';
import type {WebSource} from './source.ts';

export interface WebOptions {
  source: WebSource;
  token: string;
  /** Whether a person may decide here. */
  decide: boolean;
  /** What the browser is given, the same for everybody. */
  assets: {css: string; script(name: 'page' | 'layout'): Promise<string>};
  /** Ends what goes on until then. */
  signal: AbortSignal;
}

const LONGEST_BODY = 256 * 1024;

export function webApp({source, token, decide, assets, signal}: WebOptions): Hono {
  const session = new Session(token);
  const app = new Hono();
  app.use(refuseForeign());
  for (const name of ['page', 'layout'] as const)
    app.get(`/${name}.js`, async context => context.body(await assets.script(name), 200, type('text/javascript')));
  app.get('/page.css', context => context.body(assets.css, 200, type('text/css')));
  app.get('/favicon.ico', context => context.body(null, 204));
  addPages(app, {source, session, decide});
  app.post('/api/session', async context =>
    session.open(context, (await bodyOf(context)).token)
      ? context.json({ok: true})
      : refuse(context, 401, 'NO_SESSION', 'this token is not, or no longer, valid'),
  );
  app.use('/api/*', session.require());
  app.get('/api/session', context => context.json({ok: true, decide}));
  addReading(app, source, signal);
  if (decide) addDecisions(app, source);
  app.notFound(context => refuse(context, 404, 'NOT_FOUND', 'there is nothing at this address'));
  app.onError((failure, context) => {
    const error = source.describe(failure);
    return context.json({ok: false, error}, statusOf(error.code));
  });
  return app;
}

function addReading(app: Hono, source: WebSource, signal: AbortSignal): void {
  const base = '/api/milestones/:id';
  const task = `${base}/tasks/:task`;
  const attempt = `${task}/attempts/:n{[1-9][0-9]{0,8}}`;
  app.get('/api/milestones', async context => context.json(await source.list()));
  app.get('/api/events', context => followHome(context, () => source.stamp(), signal));
  app.get(base, async context => context.json(await source.status(id(context))));
  app.get(`${base}/report`, async context => context.json(await source.report(id(context))));
  app.get(`${base}/events`, context => followEvents(context, source.eventLog(id(context)), signal));
  app.get(task, async context => context.json(await source.task(id(context), taskId(context))));
  app.get(`${task}/documents/:phase`, async context =>
    context.json(await source.documents(id(context), taskId(context), phase(context))),
  );
  app.get(`${task}/approvals/:phase`, async context =>
    context.json(await source.approval(id(context), taskId(context), phase(context))),
  );
  app.get(`${task}/diff`, async context => context.json(await source.diff(id(context), taskId(context))));
  app.get(`${attempt}/diff`, async context =>
    context.json(await source.diff(id(context), taskId(context), number(context))),
  );
  app.get(`${attempt}/prompt`, async context =>
    context.json(await source.prompt(id(context), taskId(context), number(context))),
  );
  app.get(`${attempt}/log`, context =>
    logRange(context, source.attemptLog(id(context), taskId(context), number(context))),
  );
}

/** There are none unless a person has said that he decides here. */
function addDecisions(app: Hono, source: WebSource): void {
  for (const [kind, subjects] of Object.entries(DECISIONS))
    for (const about of subjects)
      app.post(`/api/milestones/:id${about === 'task' ? '/tasks/:task' : ''}/${kind}`, async context => {
        const task = about === 'task' ? taskId(context) : undefined;
        const what = decisionOf(kind as Decision, await bodyOf(context), task);
        return context.json(await source.ask(id(context), what));
      });
}

function id(context: Context): string {
  const word = context.req.param('id') ?? '';
  if (isValidId(word)) return word;
  throw new MilestoneError('UNKNOWN_MILESTONE', `\`${word}\` cannot be the id of a milestone`);
}

function taskId(context: Context): string {
  const word = context.req.param('task') ?? '';
  if (isValidId(word)) return word;
  throw new MilestoneError('UNKNOWN_TASK', `\`${word}\` cannot be the id of a task`);
}

function phase(context: Context): KiroPhase {
  const word = context.req.param('phase') as KiroPhase;
  if (KIRO_PHASES.includes(word)) return word;
  throw new MilestoneError('UNKNOWN_TASK', `there is no phase \`${word}\``);
}

function number(context: Context): number {
  return Number(context.req.param('n'));
}

async function bodyOf(context: Context): Promise<Record<string, unknown>> {
  const text = await context.req.text();
  try {
    return text.length > LONGEST_BODY ? {} : Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function type(name: string) {
  return {'Content-Type': `${name}; charset=utf-8`};
}

function statusOf(code: string): 400 | 404 | 409 | 500 {
  if (code === 'USAGE' || code === 'PLAN_INVALID' || code === 'CONFIG_INVALID') return 400;
  if (code.startsWith('UNKNOWN_') || code === 'LOG_MISSING') return 404;
  return ['WRONG_STATUS', 'REQUEST_REJECTED', 'NO_ANSWER', 'LOCKED'].includes(code) ? 409 : 500;
}
