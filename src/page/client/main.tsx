// What the browser runs: the page of the address that it is at.

import {render} from 'preact';
import {shown} from '../text.ts';
import {openSession} from './api.ts';
import {Milestone} from './milestone.tsx';
import {Milestones} from './milestones.tsx';
import {Task} from './task.tsx';

const [, , id, , task] = location.pathname.split('/').map(decodeURIComponent);

openSession().then(
  ({decide}) => {
    document.title = shown([task, id, 'milestone'].filter(Boolean).join(' · '));
    render(<Page decide={decide} />, document.body);
  },
  (error: Error) => render(<main class="failure">{error.message}</main>, document.body),
);

function Page({decide}: {decide: boolean}) {
  if (id === undefined) return <Milestones />;
  if (task === undefined) return <Milestone id={id} decide={decide} />;
  return <Task id={id} task={task} decide={decide} />;
}
