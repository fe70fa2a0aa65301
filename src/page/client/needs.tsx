import {useState} from 'preact/hooks';
import type {Need} from '../../reports/status-shape.ts';
import {shown} from '../text.ts';
import {Approval} from './approval.tsx';
import {Decide} from './decide.tsx';

interface Props {
  id: string;
  need: Need;
  version: number;
}

/** The decision beside what needs one; nothing where only a command helps. */
export function NeedDecision({id, need, version}: Props) {
  const {kind, task_id: task, command} = need;
  const path = `/api/milestones/${id}${task === undefined ? '' : `/tasks/${task}`}`;
  const about = shown(task ?? id);
  if (kind === 'approval') return <ApprovalHere id={id} need={need} version={version} />;
  if (kind === 'question' && task !== undefined && command.startsWith('milestone answer '))
    return (
      <Decide path={path} kinds={['answer', 'skip']} label="The answer: its next attempt reads it" about={about} />
    );
  if (kind === 'failed') return <Decide path={path} kinds={['retry', 'skip']} about={about} />;
  if ((kind === 'blocker' || kind === 'question') && task !== undefined)
    return <Decide path={path} kinds={['retry', 'skip']} about={about} />;
  if (kind === 'paused') return <Decide path={path} kinds={['resume']} about={about} />;
  return null;
}

/** Nobody approves what he has not been shown: it opens where he is. */
function ApprovalHere({id, need: {task_id: task, phase}, version}: Props) {
  const [isOpen, setOpen] = useState(false);
  if (task === undefined || phase === undefined) return null;
  return (
    <>
      <details
        class="here"
        onToggle={event => event.target === event.currentTarget && setOpen(event.currentTarget.open)}
      >
        <summary>
          Read the {phase} of {shown(task)} and decide
        </summary>
        {isOpen && <Approval id={id} task={task} phase={phase} decide version={version} />}
      </details>
      <p>
        <a href={`/m/${id}/t/${task}/approvals/${phase}`}>the same on a page of its own</a>
      </p>
    </>
  );
}
