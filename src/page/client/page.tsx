import type {KiroPhase} from '../../plan/plan.ts';
import {type Given, GivenAnswers} from '../given.ts';
import {GraphLayouts} from '../graph/use-layout.ts';
import {shown} from '../text.ts';
import {ApprovalPage} from './approval.tsx';
import {askLayout} from './ask-layout.ts';
import {Milestone} from './milestone.tsx';
import {Milestones} from './milestones.tsx';
import {Task} from './task.tsx';

const LAYOUTS = {ask: askLayout};

/** The page of an address, in a browser and on the server alike. */
export function Page({path, decide, answers}: Given) {
  return (
    <GivenAnswers.Provider value={answers}>
      <GraphLayouts.Provider value={LAYOUTS}>
        <Content {...routeOf(path)} decide={decide} />
      </GraphLayouts.Provider>
    </GivenAnswers.Provider>
  );
}

interface Route {
  id?: string | undefined;
  task?: string | undefined;
  phase?: KiroPhase | undefined;
}

function Content({id, task, phase, decide}: Route & {decide: boolean}) {
  if (id === undefined) return <Milestones />;
  if (task === undefined) return <Milestone id={id} decide={decide} />;
  if (phase !== undefined) return <ApprovalPage id={id} task={task} phase={phase} decide={decide} />;
  return <Task id={id} task={task} decide={decide} />;
}

export function titleOf(path: string): string {
  const {id, task, phase} = routeOf(path);
  return shown([phase, task, id, 'milestone'].filter(Boolean).join(' · '));
}

function routeOf(path: string): Route {
  const [, , id, , task, , phase] = path.split('/').map(decodeURIComponent);
  return {id, task, phase: phase as KiroPhase | undefined};
}
