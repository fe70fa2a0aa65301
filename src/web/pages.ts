// The pages: whole for whoever has the cookie, empty for anybody else, who may show the token then.

import type {Context, Hono} from 'hono';
import {MilestoneError} from '../errors.ts';
import {webDocument} from '../page/web-document.tsx';
import {isValidId} from '../plan/ids.ts';
import {KIRO_PHASES} from '../plan/kiro-plan.ts';
import type {KiroPhase} from '../plan/plan.ts';
import type {Session} from './guard.ts';
import type {WebSource} from './source.ts';

interface Page {
  /** The address of what it shows, and how that is answered. */
  ask(id: string, task: string, phase: KiroPhase): {at: string; answer(source: WebSource): Promise<object>};
}

const PAGES: Record<string, Page> = {
  '/': {ask: () => ({at: '/api/milestones', answer: source => source.list()})},
  '/m/:id': {
    ask: id => ({at: `/api/milestones/${id}/report`, answer: source => source.report(id)}),
  },
  '/m/:id/t/:task': {
    ask: (id, task) => ({at: `/api/milestones/${id}/tasks/${task}`, answer: source => source.task(id, task)}),
  },
  '/m/:id/t/:task/approvals/:phase': {
    ask: (id, task, phase) => ({
      at: `/api/milestones/${id}/tasks/${task}/approvals/${phase}`,
      answer: source => source.approval(id, task, phase),
    }),
  },
};

export function addPages(app: Hono, {source, session, decide}: {source: WebSource; session: Session; decide: boolean}) {
  for (const [path, page] of Object.entries(PAGES))
    app.get(path, async context => {
      if (!session.isOpen(context)) return context.html(webDocument());
      return context.html(
        webDocument({path: context.req.path, decide, answers: await answersOf(page, context, source)}),
      );
    });
}

/** None for what cannot be answered: the page asks again, and shows why. */
async function answersOf(page: Page, context: Context, source: WebSource): Promise<Record<string, object>> {
  const [id = '', task = ''] = [context.req.param('id'), context.req.param('task')];
  const phase = context.req.param('phase') as KiroPhase;
  if ([id, task].some(word => word !== '' && !isValidId(word))) return {};
  if (phase !== undefined && !KIRO_PHASES.includes(phase)) return {};
  const {at, answer} = page.ask(id, task, phase);
  try {
    return {[at]: await answer(source)};
  } catch (error) {
    if (error instanceof MilestoneError) return {};
    throw error;
  }
}
